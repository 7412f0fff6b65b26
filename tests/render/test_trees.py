"""The five embedded corpora lie on disk as the official data sets do, and their layouts read them without complaint."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from rendered import FAKE, METHODS, REAL, SPECS, build, files, pairs, probe, rows

from unmask import params
from unmask.index.params import Corpora
from unmask.index.step import videos_of
from unmask.render.truth import TRUTH

LAYOUTS: dict[str, dict[str, Any]] = {
    "ff": {"layout": "faceforensics", "compression": "c23"},
    "celeb": {"layout": "celeb_df", "version": "v2"},
    "dfdc": {"layout": "dfdc"},
    "deeper": {
        "layout": "deeperforensics",
        "variants": ["end_to_end", "end_to_end_level_5", "end_to_end_mix_2_distortions"],
        "faceforensics": "ff",
    },
    "fakeav": {"layout": "fakeavceleb"},
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("corpus", LAYOUTS)
def test_layouts_read_what_the_truth_says(root: Path, corpus: str) -> None:
    layouts = params.parse(Corpora, LAYOUTS, Path("params.yaml")).root
    found = {video.path: video for video in videos_of(root / corpus, corpus, layouts[corpus]).values()}
    forged: dict[str, bool] = {}
    for row in TRUTH.rows(root / "truth" / corpus):
        forged[row["path"]] = forged.get(row["path"], False) or row["source"] is not None
    assert {path: video.label == 1 for path, video in found.items()} == {
        path: fake for path, fake in forged.items() if not path.startswith("source_videos")
    }
    keys = {f"{name}/{Path(path).with_suffix('')}" for name in SPECS for path in files(root / name)}
    assert all(video.pair in keys for video in found.values() if video.pair is not None)


def test_faceforensics(root: Path) -> None:
    counts = [len(json.loads((root / f"ff/splits/{split}.json").read_text())) for split in ("train", "val", "test")]
    assert counts == [1, 1, 0]
    expected = {f"splits/{split}.json" for split in ("train", "val", "test")}
    for pair in pairs(root):
        expected |= {f"{REAL}/{one}.mp4" for one in pair}
        expected |= {f"{FAKE.format(m)}/{a}_{b}.mp4" for m in METHODS for a, b in (pair, pair[::-1])}
    assert files(root / "ff") == expected
    assert sorted(one for pair in pairs(root) for one in pair) == ["000", "001", "002", "003"]


def test_celeb_df(root: Path) -> None:
    videos = files(root / "celeb") - {"List_of_testing_videos.txt"}
    real = {name for name in videos if not name.startswith("Celeb-synthesis/")}
    assert real == {*(f"Celeb-real/id{p}_0000.mp4" for p in range(3)), "YouTube-real/00000.mp4"}
    fakes = [Path(name).stem.split("_") for name in videos - real]
    assert len(fakes) == 4
    for target, source, clip in fakes:
        assert target != source
        assert f"Celeb-real/{target}_{clip}.mp4" in real


def test_celeb_df_list_counts_real_as_one(root: Path) -> None:
    lines = (root / "celeb/List_of_testing_videos.txt").read_text().splitlines()
    listed = [line.split(" ") for line in lines]
    assert {label == "0" for label, path in listed if path.startswith("Celeb-synthesis/")} == {True}
    assert {label == "1" for label, path in listed if "-real/" in path} == {True}
    assert {path for _, path in listed} < files(root / "celeb")


def test_dfdc(root: Path) -> None:
    part = json.loads((root / "dfdc/dfdc_train_part_0/metadata.json").read_text())
    labels = (root / "dfdc/test/labels.csv").read_text().splitlines()
    assert labels[0] == "filename,label"
    tested = dict(line.split(",") for line in labels[1:])
    assert sorted(tested.values()) == ["0"] * 4 + ["1"] * 4
    names = {f"dfdc_train_part_0/{name}" for name in part} | {f"test/{name}" for name in tested}
    assert files(root / "dfdc") == names | {"dfdc_train_part_0/metadata.json", "test/labels.csv"}
    assert all(re.fullmatch(r"[a-z]{10}\.mp4", name) for name in [*part, *tested])
    real = [name for name, entry in part.items() if entry == {"label": "REAL", "split": "train"}]
    fake = [entry.pop("original") for entry in part.values() if entry["label"] == "FAKE"]
    assert all(entry == {"label": entry["label"], "split": "train"} for entry in part.values())
    assert sorted(real) == sorted(fake)
    assert len(real) == len(fake) == 2


def test_dfdc_has_several_formats_and_several_people_of_whom_one_is_forged(root: Path) -> None:
    known = TRUTH.rows(root / "truth/dfdc", ["path", "frame", "face", "target", "source"])
    sizes = {probe(root / "dfdc" / row["path"])[3:5] for row in known}
    assert sizes == {(384, 288), (288, 384)}
    first = [row for row in known if row["frame"] == 0]
    together = {row["path"]: row["target"] for row in first if row["face"] == 1}
    assert together.keys() == {row["path"] for row in first if probe(root / "dfdc" / row["path"])[3] == 384}
    for row in first:
        if row["face"] == 0 and row["path"] in together:
            # Whose face is put in is not the one who sits beside.
            assert together[row["path"]] not in (row["target"], row["source"])
        assert row["target"].split("/")[0] == row["path"].split("/")[0]


def test_deeperforensics(root: Path) -> None:
    lists, distorted = root / "deeper/lists", ["end_to_end_level_5", "end_to_end_mix_2_distortions"]
    splits = {split: (lists / f"splits/{split}.txt").read_text().split() for split in ("train", "val", "test")}
    assert {split: len(names) for split, names in splits.items()} == {"train": 1, "val": 1, "test": 0}
    official = {one: split for split, pair in zip(("train", "val"), pairs(root), strict=True) for one in pair}
    assert all(official[name[:3]] == split for split, names in splits.items() for name in names)
    assert all(re.fullmatch(r"\d{3}_[MW][01]\d\d\.mp4", name) for names in splits.values() for name in names)
    paths = {f"manipulated_videos/end_to_end/{name}" for names in splits.values() for name in names}
    for variant, kinds in zip(distorted, (1, 2), strict=True):
        meta = (lists / f"manipulated_videos_distortions_meta/manipulated_videos_{variant}_meta.txt").read_text()
        lines = [line.split(" ") for line in meta.splitlines()]
        assert all(len(line) == 1 + kinds for line in lines)
        level = "5" if variant.endswith("5") else "[1-5]"
        assert all(re.fullmatch(rf"(CS|CC|BW|GNC|GB|JPEG|VC):{level}", word) for line in lines for word in line[1:])
        listed = (lists / f"manipulated_videos_lists/manipulated_videos_{variant}_list.txt").read_text().splitlines()
        assert [line[0] for line in lines] == listed
        paths |= set(listed)
    assert (lists / "manipulated_videos_lists/manipulated_videos_list.txt").read_text().split() == sorted(paths)
    sources = (lists / "source_videos_lists/source_videos_list.txt").read_text().split()
    assert len(sources) == 3
    assert {p for p in files(root / "deeper") if not p.startswith("lists/")} == paths | set(sources)


def test_fakeavceleb(root: Path) -> None:
    assert (
        (root / "fakeav/meta_data.csv")
        .read_text()
        .startswith("source,target1,target2,method,category,type,race,gender,path,\n")
    )
    listed = rows(root)
    paths = [f"{row[''].removeprefix('FakeAVCeleb/')}/{row['path']}" for row in listed]
    assert files(root / "fakeav") == {*paths, "meta_data.csv"}
    methods = {c: sorted(row["method"] for row in listed if row["category"] == c) for c in "ABCD"}
    twice = {"C": ["faceswap", "fsgan", "wav2lip"], "D": ["faceswap-wav2lip", "fsgan-wav2lip", "wav2lip"]}
    assert methods == {"A": ["real"] * 2, "B": ["rtvc"] * 2} | {c: sorted(names * 2) for c, names in twice.items()}
    for row in listed:
        assert row[""] == f"FakeAVCeleb/{row['type']}/{row['race']}/{row['gender']}/{row['source']}"
        assert re.fullmatch(r"id\d{5}", row["source"])
