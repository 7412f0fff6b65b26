"""The step: every head is a detector like any other, learned from training videos alone."""

import json
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from probe.probing import HEADS, RATE, logits, prepare, run, section, write_frames
from toy_faces import write_recipe, write_split

from unmask import work
from unmask.errors import DataError, LeakError, ParamsError, SchemaError
from unmask.evaluate.params import Params as EvaluateParams
from unmask.evaluate.step import evaluate
from unmask.extract.tables import FRAMES
from unmask.hashing import file_sha256
from unmask.predict.model import Detector
from unmask.predict.step import predict
from unmask.predict.tables import EMBEDDINGS, SCORES
from unmask.probe import embed as embedding
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted
from unmask.probe.heads import gru, knn, logistic, lstm, svm, transformer
from unmask.probe.tables import EMBEDDED
from unmask.report.runs import read as read_run
from unmask.split.tables import MANIFEST, SPLITS
from unmask.systems import evaluated, heads, place
from unmask.tune.params import Params as TuneParams
from unmask.tune.step import tune


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "1")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return prepare(tmp_path)


def predicted(folder: Path) -> Path:
    val, test = (folder / f"{name}.parquet" for name in ("val", "test"))
    predict(folder / "model", val, test, folder / "shards", folder / "predicted")
    return folder / "predicted"


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_head_writes_what_predict_writes(toy: Path) -> None:
    out, wanted = run(toy, "out"), SCORES.rows(predicted(toy))
    assert sorted(path.name for path in out.iterdir()) == ["embedded", "heads", "points.parquet"]
    assert heads(out) == sorted(f"toy+{name}" for name in HEADS)
    for name in HEADS:
        rows = SCORES.rows(out / "heads" / f"toy+{name}")
        bare = [row | {"logit": row["logit"] is None} for row in wanted]
        assert [row | {"logit": row["logit"] is None} for row in rows] == bare
        assert all(np.isfinite(row["logit"]) for row in rows if row["logit"] is not None)


def test_mean_is_the_detector_itself(toy: Path) -> None:
    out = run(toy, "out")
    assert (out / "heads" / "toy+mean" / "scores.parquet").read_bytes() == (
        predicted(toy) / "scores.parquet"
    ).read_bytes()


def test_sequences_give_each_face_the_score_of_its_track(toy: Path) -> None:
    out = run(toy, "out")
    for name in ("gru", "lstm", "transformer"):
        per_video: dict[str, set[float | None]] = {}
        for (video, _, _), logit in logits(out / "heads" / f"toy+{name}").items():
            per_video.setdefault(video, set()).add(logit)
        assert {len(found) for found in per_video.values()} == {1}


def test_tune_evaluate_and_report_take_a_head_like_any_detector(toy: Path) -> None:
    probed, scores = run(toy, "out"), predicted(toy)
    head = probed / "heads" / "toy+gru"
    tune(scores, probed, toy / "points", TuneParams(rule="youden", aggregation="mean_logit"))
    params = EvaluateParams(seed=1, draws=100, confidence=0.9)
    evaluate(scores, probed, toy / "points", head, toy / "evaluated" / "toy", toy / "metrics", params)
    assert evaluated(toy / "evaluated", ["toy"]) == ["toy", *heads(probed)]
    found = json.loads((place(toy / "evaluated", "toy+gru") / "metrics.json").read_text())
    assert found["recipe"] == "toy+gru"
    assert found["corpora"]["toy"]["within"]
    assert found["corpora"]["toy"]["coverage"]["videos"] == 9
    ran = read_run(head)
    assert set(ran.curves) == {"loss", "val_loss", "val_auc"}
    assert len(ran.curves["loss"]) == ran.summary["epochs"]
    kept = ran.curves["val_auc"]["value"][ran.summary["best_epoch"] - 1]
    assert ran.summary["val_auc"] == pytest.approx(kept, abs=1e-3)
    assert read_run(run(toy, "out") / "heads" / "toy+knn").curves == {}


def test_planted_signal_is_found_by_every_head(toy: Path) -> None:
    # Random features of a random network still tell a bright square from none.
    out = run(toy, "out")
    for name in HEADS:
        if name != "mean":
            assert json.loads((out / "heads" / f"toy+{name}" / "summary.json").read_text())["val_auc"] >= 0.9, name


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Faces, Faces]]:
    """Note what every head learns from and is judged by."""
    seen: list[tuple[str, Faces, Faces]] = []
    for module in (knn, svm, logistic, gru, lstm, transformer):
        original = module.fit

        def noted(learned: Faces, judged: Faces, choice: Choice, seed: int, original: Any = original) -> Fitted:
            seen.append((original.__module__.rpartition(".")[2], learned, judged))
            fitted: Fitted = original(learned, judged, choice, seed)
            return fitted

        monkeypatch.setattr(module, "fit", noted)
    return seen


def test_no_video_of_validation_or_test_is_learned_from(toy: Path, spy: list[tuple[str, Faces, Faces]]) -> None:
    run(toy, "out")
    assert {name for name, _, _ in spy} == HEADS.keys() - {"mean"}
    assert len(spy) == 2 + 2 + 2 + 3  # every setting that is tried
    keys = {
        name: {row["video"] for row in MANIFEST.rows(toy / f"{name}.parquet") if row["status"] == "ok"}
        for name in ("train", "val")
    }
    for _, learned, judged in spy:
        assert len(learned) == 8 * 4
        assert len(judged) == 8 * 4
        assert set(learned.videos) == keys["train"]
        assert set(judged.videos) == keys["val"]


def test_labels_of_validation_and_test_change_no_score_where_nothing_is_chosen(toy: Path) -> None:
    heads = {"knn": HEADS["knn"] | {"neighbours": [5]}, "logistic": HEADS["logistic"] | {"c": [1.0]}}
    write_recipe(toy / "toy.yaml", probes=section(heads=heads))
    plain = run(toy, "plain")
    for name in ("val", "test"):
        rows = MANIFEST.rows(toy / f"{name}.parquet")
        MANIFEST.write([row | {"label": 1 - row["label"]} for row in rows], toy / f"{name}.parquet")
    turned = run(toy, "turned")
    for name in heads:
        assert logits(turned / "heads" / f"toy+{name}") == logits(plain / "heads" / f"toy+{name}")


def test_heads_on_single_faces_learn_from_as_many_as_asked(toy: Path, spy: list[tuple[str, Faces, Faces]]) -> None:
    write_recipe(toy / "toy.yaml", probes=section(faces_per_video=3))
    run(toy, "out")
    assert {name: len(learned) for name, learned, _ in spy} == dict.fromkeys(("knn", "svm", "logistic"), 24) | (
        dict.fromkeys(("gru", "lstm", "transformer"), 32)
    )
    assert all(len(judged) == 32 for _, _, judged in spy)


def test_a_video_of_two_splits_is_one_error(toy: Path) -> None:
    rows = [*MANIFEST.rows(toy / "test.parquet"), *MANIFEST.rows(toy / "train.parquet")[:4]]
    MANIFEST.write(sorted(rows, key=lambda row: (row["video"], row["frame"])), toy / "test.parquet")
    with pytest.raises(LeakError, match=r"test\.parquet holds videos that stand in another split too: toy/train00"):
        run(toy, "out")


def test_embeddings_are_those_of_predict_with_their_times(toy: Path) -> None:
    out = run(toy, "out")
    rows = EMBEDDED.rows(out / "embedded" / "toy.parquet")
    assert len(rows) == 3 * 8 * 4
    assert {row["split"] for row in rows} == {"train", "val", "test"}
    assert all(row["seconds"] == row["frame"] / RATE for row in rows)
    mine = {(r["video"], r["frame"], r["face"]): r["embedding"] for r in rows}
    assert all(mine[r["video"], r["frame"], r["face"]] == r["embedding"] for r in EMBEDDINGS.rows(predicted(toy)))


def test_nothing_goes_through_the_network_twice(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predicted(toy)
    asked: list[int] = []
    original = Detector.score

    def counted(self: Detector, crops: np.ndarray) -> Any:
        asked.append(len(crops))
        return original(self, crops)

    monkeypatch.setattr(Detector, "score", counted)
    run(toy, "out")
    assert asked == [4] * 8  # the training videos, which predict has not asked for
    run(toy, "again")
    assert len(asked) == 8


def test_bytes_do_not_depend_on_cache_or_workers(toy: Path, work_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = files_of(run(toy, "first"))
    shutil.rmtree(work_cache / "predict")
    monkeypatch.setenv("UNMASK_WORKERS", "2")
    assert files_of(run(toy, "second")) == first


def test_memory_holds_a_few_videos_whatever_their_number(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    most = []

    class Seen(work.Result):
        """A result that can be told from an equal one."""

        __hash__ = object.__hash__

    def watched(model: Path, crops: Path, rows: list[Any]) -> Iterator[work.Result]:
        for video in sorted({row["video"] for row in rows}):
            mine = [row | {"logit": 0.0} for row in rows if row["video"] == video]
            result = Seen(mine, {"embeddings": np.zeros(3 * len(mine), np.float16).tobytes()})
            alive.add(result)
            most.append(len(alive))
            yield result

    monkeypatch.setattr(embedding, "forward", watched)
    monkeypatch.setattr(embedding, "VIDEOS", 3)
    rows = [row | {"split": name} for name in SPLITS for row in MANIFEST.rows(toy / f"{name}.parquet")]
    embedding.embed(toy / "model", rows, toy / "shards", toy / "frames", toy / "out", trained=True)
    assert len(most) == 24
    assert max(most) <= 2 * 3
    assert len(EMBEDDED.read(toy / "out" / "toy.parquet")) == 24 * 4


def test_a_pretrained_backbone_needs_no_training(toy: Path) -> None:
    weights = toy / "weights.safetensors"
    shutil.copy(toy / "model" / "model.safetensors", weights)
    wanted = EMBEDDINGS.rows(predicted(toy))
    shutil.rmtree(toy / "model")
    two = {"knn": HEADS["knn"], "gru": HEADS["gru"]}
    start = {"model__weights": str(weights), "model__sha256": file_sha256(weights)}
    write_recipe(toy / "toy.yaml", probes=section(network="pretrained", heads=two), **start)
    out = run(toy, "out")
    assert heads(out) == ["toy+gru", "toy+knn"]
    rows = EMBEDDED.rows(out / "embedded" / "toy.parquet")
    assert all(row["logit"] is None for row in rows)
    mine = {(r["video"], r["frame"]): r["embedding"] for r in rows}
    assert all(mine[r["video"], r["frame"]] == r["embedding"] for r in wanted)
    assert files_of(run(toy, "again")) == files_of(out)


def test_a_pretrained_backbone_without_weights_is_one_error(toy: Path) -> None:
    heads = {"knn": HEADS["knn"]}
    write_recipe(toy / "toy.yaml", probes=section(network="pretrained", heads=heads))
    with pytest.raises(ParamsError, match=r"`probes\.network: pretrained` needs weights; `model\.weights` is `none`"):
        run(toy, "out")


def test_sequences_of_single_frames_are_one_error_before_any_work(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in MANIFEST.rows(toy / "train.parquet") if row["frame"] == 0]
    MANIFEST.write(rows, toy / "train.parquet")
    monkeypatch.setattr(Detector, "load", lambda folder: pytest.fail("the network was loaded"))
    with pytest.raises(DataError, match=r"`probes\.heads`: `gru`, `lstm`, `transformer` judge sequences, but no track"):
        run(toy, "out")


def test_heads_on_faces_take_single_frames(toy: Path) -> None:
    rows = [row for row in MANIFEST.rows(toy / "train.parquet") if row["frame"] == 0]
    MANIFEST.write(rows, toy / "train.parquet")
    write_recipe(toy / "toy.yaml", probes=section(heads={"logistic": HEADS["logistic"]}))
    assert (run(toy, "out") / "heads" / "toy+logistic" / "scores.parquet").is_file()


def test_without_heads_nothing_is_done(toy: Path) -> None:
    write_recipe(toy / "toy.yaml", probes=section(heads={}))
    assert [path.name for path in run(toy, "out").rglob("*")] == ["heads"]


def test_frames_without_a_time_are_one_error(toy: Path) -> None:
    FRAMES.write([row for row in FRAMES.rows(toy / "frames" / "toy") if row["frame"] != 2], toy / "frames" / "toy")
    with pytest.raises(DataError, match=r"the frames of toy/\w+ do not say when frame 2 is; .* run the steps from"):
        run(toy, "out")
    shutil.rmtree(toy / "frames")
    with pytest.raises(SchemaError, match=r"frames\.parquet does not exist; run the step that writes it"):
        run(toy, "out")
    write_frames(toy)
    run(toy, "out")


def test_a_borrowed_video_has_the_times_of_its_lender(toy: Path) -> None:
    rows = [row | {"corpus": "other", "video": f"other/@{row['video']}"} for row in MANIFEST.rows(toy / "test.parquet")]
    MANIFEST.write(rows, toy / "test.parquet")
    out = run(toy, "out")
    lent = EMBEDDED.rows(out / "embedded" / "other.parquet")
    assert len(lent) == 8 * 4
    assert all(row["seconds"] == row["frame"] / RATE for row in lent)
    assert {row["split"] for row in EMBEDDED.rows(out / "embedded" / "toy.parquet")} == {"train", "val"}
    assert sum(logit is not None for logit in logits(out / "heads" / "toy+gru").values()) == 2 * 8 * 4
    write_split(toy, "test", 8)
    run(toy, "out")
    assert [path.name for path in (out / "embedded").iterdir()] == ["toy.parquet"]


def test_more_neighbours_than_faces_are_one_error(toy: Path) -> None:
    heads = {"knn": {"neighbours": [33], "metric": ["cosine"]}}
    write_recipe(toy / "toy.yaml", probes=section(heads=heads))
    with pytest.raises(DataError, match=r"`probes\.heads\.knn\.neighbours` is 33, but there are only 32 training"):
        run(toy, "out")


def test_one_class_is_one_error(toy: Path) -> None:
    write_split(toy, "train", 8, lambda number: 1)
    with pytest.raises(DataError, match="has no faces of both classes in the split `train`"):
        run(toy, "out")
