"""Report: one page that is valid, needs nothing besides itself and says what the metrics say."""

import base64
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import score_tables
from pydantic import RootModel

from unmask.errors import DataError
from unmask.evaluate import results
from unmask.evaluate.params import Params as EvaluateParams
from unmask.evaluate.step import evaluate
from unmask.hashing import bytes_sha256, file_sha256
from unmask.predict.tables import SCORES
from unmask.report.params import Params
from unmask.report.step import report
from unmask.report.story import NOTHING, tell
from unmask.report.terminal import summary
from unmask.shards import ShardWriter, by_shard
from unmask.split.tables import MANIFEST
from unmask.tune.params import Params as TuneParams
from unmask.tune.step import tune

RECIPES = ["mobile_demo", "patch_demo"]
VOID = {"meta", "link", "img", "br", "line", "input", "hr", "path", "use", "circle", "rect"}
COLUMNS = {"width": 0.5, "height": 0.5, "fps": 0.9712, "frames": 0.8, "seconds": 0.5, "bit_rate": 0.6, "codec": 0.5,
           "score": 0.5, "eye_distance": 0.5, "face_size": 0.5, "roll": 0.5, "yaw": 0.5,
           "sharpness": 0.4177}  # fmt: skip
AUDIT = {
    "overlap": {"identities": 0, "pairs": 0, "bytes": 0},
    "near": {"bits": 40, "pairs": 7, "first": ["seen/<i> in train and unseen/x in test: 8 of 8 crops alike"]},
    "straddling": {"sources": 2, "first": ["seen:clip: seen/a in train, seen/b in val", "seen:other: ..."]},
    "left_out": {"straddling": {"videos": 3, "first": ["seen/<b>"]}, "odd_reason": {"videos": 9, "first": []}},
    "dealing": {"cut": {"seen:ann": {"identities": 30, "videos": 340, "lost": 12}}},
    "probe": {"seen": {"all": 0.9634, "file": 0.9755, "face": 0.5312, "columns": COLUMNS, "warns": True,
                       "carried_by": ["fps", "frames"]},
              "unseen": {"all": None, "file": None, "face": None, "columns": dict.fromkeys(COLUMNS), "warns": False,
                         "carried_by": []}},
    "corpora": {"unseen": {"rule": "test_list", "borrowed": {"seen": 16}},
                "seen": {"rule": "official", "left_out": {"straddling": 3, "odd_reason": 9},
                         "coverage": {"real": {"videos": 100, "no_face": 7}, "fake": {"videos": 200, "no_face": 0}},
                         "splits": {"train": {"real": 71, "fake": 83, "methods": {"swap": 80, "<b>": 3}},
                                    "test": {"real": 29, "fake": 37, "methods": {"swap": 37}}}}},
}  # fmt: skip


class Page(HTMLParser):
    """Collects what the tests look at, and insists that tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID or self.open[-1:] == [tag]:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def crop_faces(rows: list[score_tables.Row], root: Path) -> None:
    """Give every scored row a picture in a shard, and write the manifests."""
    rng, manifest = np.random.default_rng(0), []
    for corpus in sorted({row["corpus"] for row in rows}):
        videos: dict[str, list[score_tables.Row]] = {}
        for row in rows:
            if row["corpus"] == corpus:
                videos.setdefault(row["video"], []).append(row)
        for shard, names in by_shard(videos, 2):
            with ShardWriter(root / "crops" / corpus / shard) as writer:
                for row in (row for name in names for row in videos[name]):
                    data, place = b"", {"shard": "", "offset": 0, "size": 0, "sha256": ""}
                    if row["face"] >= 0:
                        data = cv2.imencode(".png", rng.integers(0, 255, (160, 160, 3), np.uint8))[1].tobytes()
                        place = vars(writer.add(f"{row['video']}/{row['frame']}.png", data))
                        place = place | {"shard": f"{corpus}/{shard}"}
                    both = row | place | {"sha256": bytes_sha256(data) if data else "", "pair": None, "weight": 1.0}
                    manifest.append(both)
    for split in ("train", "val", "test"):
        own = [row for row in manifest if row["split"] == ("val" if split == "train" else split)]
        columns = MANIFEST.schema.names
        MANIFEST.write([{name: row[name] for name in columns} for row in own], root / "split" / f"{split}.parquet")


def train(recipe: str, root: Path) -> None:
    """Leave what training leaves."""
    curves = root / "runs" / recipe / "curves"
    curves.mkdir(parents=True)
    for name in ("loss", "val_auc"):
        pd.DataFrame({"step": [1, 2, 3], name: [0.7, 0.6, 0.65]}).to_csv(curves / f"{name}.tsv", sep="\t", index=False)
    (curves.parent / "recipe.yaml").write_text("model: {backbone: some_net}  # <b>&\n")
    (curves.parent / "model.safetensors").write_bytes(recipe.encode())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that the step reads, for two recipes and two corpora."""
    root = tmp_path_factory.mktemp("report")
    for seed, recipe in enumerate(RECIPES):
        scores = score_tables.write(score_tables.corpora(seed, people=15, faces=3), root / "scores" / recipe)
        tune(scores, root / "points" / recipe, TuneParams(rule="youden", aggregation="mean_logit"))
        model = score_tables.trained(root / "runs" / recipe)
        evaluate(scores, root / "points" / recipe, model, root / "curves" / recipe, root / f"{recipe}.json",
                 EvaluateParams(seed=1, draws=100, confidence=0.95))  # fmt: skip
        train(recipe, root)
    crop_faces(SCORES.rows(root / "scores" / RECIPES[0]), root)
    (root / "split.json").write_text(json.dumps(AUDIT))
    return root


def write(root: Path, out: Path, rendered: list[str] | None = None, **other: Any) -> str:
    given = {"seed": 1, "samples": 4} | other
    corpora = RootModel[dict[str, Any]]({"seen": {}, "unseen": {}, "absent": {}})
    report(root / "split", root / "crops", root / "runs", root / "curves", root / "split.json", out, corpora,
           RootModel[list[str]](RECIPES), RootModel[list[str]](rendered or []), Params(**given))  # fmt: skip
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(made: Path) -> str:
    return write(made, made / "page" / "report.html")


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_page_is_one_file_that_loads_nothing(text: str, page: Page) -> None:
    assert "http" not in text
    assert "url(" not in text.replace("url(#", "")
    assert not page.all("script")
    places = [tag.get("href") or tag.get("xlink:href") or tag.get("src") for _, tag in page.tags]
    assert {place.split(",")[0] if place.startswith("data:") else place[0] for place in places if place} == {
        "#", "data:", "data:image/jpeg;base64",
    }  # fmt: skip


def test_ids_are_unique_and_references_arrive(text: str, page: Page) -> None:
    ids = Counter(tag["id"] for _, tag in page.tags if "id" in tag)
    assert {name for name, count in ids.items() if count > 1} == set()
    wanted = set(re.findall(r'(?:url\(|href=")#([^)"]+)', text))
    assert wanted - set(ids) == set()


def test_page_can_be_heard(page: Page) -> None:
    assert all(tag["alt"] for tag in page.all("img"))
    # The small lines of legends are said by the text beside them.
    assert all(tag.get("aria-label") or tag.get("aria-hidden") for tag in page.all("svg"))
    assert all("scope" in tag for tag in page.all("th"))
    assert page.all("html")[0]["lang"] == "en"


def test_page_has_every_picture(page: Page) -> None:
    # Two corpora with reals and two methods, four crops each.
    assert len(page.all("img")) == 2 * 3 * 4
    for tag in page.all("img"):
        data = np.frombuffer(base64.b64decode(tag["src"].split(",")[1]), np.uint8)
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert pixels is not None
        assert pixels.shape == (128, 128, 3)
    labels = [tag["aria-label"] for tag in page.all("svg") if "aria-label" in tag]
    assert len(labels) == 2 + 4 + 2  # ROC, histograms, learning curves


def test_page_says_what_the_metrics_say(made: Path, page: Page) -> None:
    for recipe in RECIPES:
        for name, corpus in results.read(made / "curves" / recipe).corpora.items():
            for found in (corpus.video.auc, corpus.frame.auc, corpus.video.eer, *(
                method.video.auc for method in corpus.methods.values()
            )):  # fmt: skip
                assert f"{found.value:.3f}" in page.text
                assert f"[{found.low:.3f}, {found.high:.3f}]" in page.text
            for cost in corpus.costs.values():
                assert f"{100 * (cost.fpr or 0):.1f}\N{NO-BREAK SPACE}%" in page.text
            assert name in page.text
        assert file_sha256(made / "runs" / recipe / "model.safetensors") in page.text
    for split in ("train", "val", "test"):
        assert file_sha256(made / "split" / f"{split}.parquet") in page.text


def test_page_tells_the_audit_and_what_it_lacks(page: Page) -> None:
    for words in ("0 identities", "0 equal files", "7 pairs of near-duplicates", "2 sources torn by official lists",
                  "seen/<i> in train and unseen/x in test", "and 6 more", "seen:clip: seen/a in train, seen/b in val",
                  "official lists", "official test list; 16 real videos borrowed from seen",
                  "3 ties to two splits; 9 odd reason", "9 left out: odd reason", "real 93.0",
                  "30 people around seen:ann hang together in 340 videos",
                  "not recorded", "No test video: absent"):  # fmt: skip
        assert words in page.text, words


def test_page_counts_methods_by_split(text: str) -> None:
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", text)
    cells = [[re.sub("<.*?>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row)] for row in rows]
    assert ["seen", "real", "71", NOTHING, "29"] in cells
    assert ["", "swap", "80", NOTHING, "37"] in cells
    assert ["", "&lt;b&gt;", "3", NOTHING, NOTHING] in cells


def test_a_shortcut_is_red_and_names_its_columns(text: str, page: Page) -> None:
    assert "seen has a shortcut. Carried by fps, frames." in re.sub(r"</?b>", "", text)
    assert '<tr class="bad"><th scope="row">seen</th><td>0.963</td><td>0.976</td><td>0.531</td>' in text
    assert "<b>0.971</b>" in text
    assert "<b>0.800</b>" in text
    assert "0.418" in page.text
    assert "unseen has a shortcut" not in page.text
    assert text.count('<tr class="bad">') == 1


def test_clean_and_old_audits_are_told_too(made: Path) -> None:
    clean = AUDIT | {"near": {"bits": 0, "pairs": None, "first": []}, "straddling": {"sources": 0, "first": []}}
    for values, words in ((clean, "near-duplicates: not looked for"), ({}, "near-duplicates: not recorded")):
        (made / "split.json").write_text(json.dumps(values))
        try:
            page = Page(write(made, made / "page" / "other.html")).text
        finally:
            (made / "split.json").write_text(json.dumps(AUDIT))
        assert words in page
        assert "look like copies" not in page
        assert "torn by official lists" not in page


def test_foreign_text_is_escaped(text: str) -> None:
    assert "seen/<b>" not in text
    assert "seen/&lt;b&gt;" in text
    assert "# &lt;b&gt;&amp;" in text


def test_rendered_corpora_are_named_as_such(made: Path, text: str) -> None:
    assert "drawn by code" not in text
    drawn = write(made, made / "page" / "drawn.html", rendered=["seen"])
    assert "<b>seen is drawn by code.</b>" in drawn
    assert "say nothing about real deepfakes" in drawn


def test_same_bytes_twice_and_another_seed_shows_others(made: Path, text: str) -> None:
    assert write(made, made / "page" / "again.html") == text
    assert write(made, made / "page" / "other.html", seed=2) != text


def test_no_samples_no_pictures(made: Path) -> None:
    assert not Page(write(made, made / "page" / "none.html", samples=0)).all("img")


def test_charts_follow_light_and_dark(text: str) -> None:
    charts = re.findall(r"<svg[^>]*role=.*?</svg>", text, flags=re.DOTALL)
    assert charts
    for chart in charts:
        assert not re.findall(r"#0[0-9a-f]0[0-9a-f]0[0-9a-f]", chart)
        assert "font-family" not in chart
        assert "DejaVu" not in chart


def test_wrong_crop_is_an_error(made: Path) -> None:
    path = next((made / "crops" / "seen").glob("*.tar"))
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[:600] + bytes(len(whole) - 600))
        with pytest.raises(DataError, match=r"does not hold the crop of seen/"):
            write(made, made / "page" / "bad.html", samples=40)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize(("file", "step"), [("split.json", "split"), ("runs/patch_demo/recipe.yaml", "train"),
                                            ("curves/patch_demo/metrics.json", "evaluate")])  # fmt: skip
def test_missing_file_is_an_error(made: Path, file: str, step: str) -> None:
    kept = (made / file).read_bytes()
    (made / file).unlink()
    try:
        with pytest.raises(DataError, match=f"run the step `{step}`"):
            write(made, made / "page" / "bad.html")
    finally:
        (made / file).write_bytes(kept)


def test_story_tells_both_sides(made: Path) -> None:
    found = results.read(made / "curves" / "mobile_demo")
    story = tell(found)
    within, across = (found.corpora[name].video.auc.value or 0 for name in ("seen", "unseen"))
    assert story.gap == pytest.approx(within - across)
    assert f"{100 * across:.0f} times in 100" in story.ranking
    assert "on unseen it catches" in story.deciding


def test_story_without_a_second_class() -> None:
    empty = results.Interval(value=None, low=None, high=None)
    assert story_of(empty).gap is None
    assert story_of(empty).ranking == "No corpus has scored videos of both classes."


def story_of(auc: results.Interval) -> Any:
    level = {"reals": 0, "fakes": 1, "clusters": 1, "skipped": 0, "ece": None} | dict.fromkeys(
        results.Metrics.intervals(), auc
    )
    coverage = {"videos": 1, "scored": 1, "share": 1.0, "missing": {}}
    corpus = {"within": False, "coverage": coverage, "frame": level, "video": level, "costs": {}, "methods": {}}
    point = dict.fromkeys(("logit", "probability", "tpr", "fpr", "f1", "accuracy", "balanced_accuracy"), 0.5)
    fitted = {"reals": 1, "fakes": 1, "temperature": 1.0, "points": {"youden": point}}
    points = {"rule": "youden", "aggregation": "mean_logit", "corpora": ["a"], "videos": 2, "scored": 2,
              "frame": fitted, "video": fitted}  # fmt: skip
    return tell(results.Results.model_validate(
        {"recipe": "r", "draws": 1, "confidence": 0.9, "points": points, "corpora": {"b": corpus}}))  # fmt: skip


def test_terminal_table_is_aligned_and_complete(made: Path) -> None:
    head, rule, *rows, note = summary(made / "curves", RECIPES).splitlines()
    assert len(rows) == 4
    assert [row.split()[:3] for row in rows[:2]] == [["mobile_demo", "seen", "yes"], ["mobile_demo", "unseen", "no"]]
    starts = [match.start() for match in re.finditer("-+", rule)]
    assert all(row[start - 1] == " " for row in (head, *rows) for start in starts[1:])
    found = results.read(made / "curves" / "patch_demo").corpora["unseen"].video
    assert f"{found.auc.value:.3f}" in rows[-1]
    assert f"[{found.auc.low:.3f}, {found.auc.high:.3f}]" in rows[-1]
    assert f"{100 * (found.accuracy.value or 0):.1f} %" in rows[-1]
    assert "rule youden" in note


def test_terminal_table_before_evaluation_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="run the step `evaluate`"):
        summary(tmp_path, RECIPES)
