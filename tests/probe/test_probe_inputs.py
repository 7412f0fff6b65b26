"""The step: what it reads, embeds once and keeps, and what is wrong with its inputs."""

import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from probe.probing import HEADS, RATE, logits, predicted, run, section, write_frames
from toy_faces import asked_of_the_network, write_recipe, write_split
from train.training import files_of

from unmask import work
from unmask.errors import DataError, LeakError, ParamsError, SchemaError
from unmask.extract.tables import FRAMES
from unmask.hashing import file_sha256
from unmask.predict.model import Detector
from unmask.predict.tables import EMBEDDINGS
from unmask.probe import embed as embedding
from unmask.probe.heads import svm
from unmask.probe.tables import EMBEDDED
from unmask.split.tables import MANIFEST, SPLITS
from unmask.systems import heads


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
    asked = asked_of_the_network(monkeypatch)
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


def test_a_kernel_on_too_many_faces_is_one_error_before_any_work(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svm, "MOST", 24)
    with monkeypatch.context() as nothing:
        nothing.setattr(Detector, "load", lambda folder: pytest.fail("the network was loaded"))
        write_recipe(toy / "toy.yaml", probes=section(heads={"svm": HEADS["svm"]}))
        with pytest.raises(
            DataError, match=r"svm`: there are 32 training faces, .* `rbf` .* 24 .*`probes\.faces_per_vid"
        ):
            run(toy, "out")
    # A linear one takes as many as there are, and any kernel so many as are asked of each of eight videos.
    write_recipe(toy / "toy.yaml", probes=section(heads={"svm": HEADS["svm"] | {"kernel": ["linear"]}}))
    assert heads(run(toy, "linear")) == ["toy+svm"]
    write_recipe(toy / "toy.yaml", probes=section(heads={"svm": HEADS["svm"]}, faces_per_video=3))
    assert heads(run(toy, "fewer")) == ["toy+svm"]


def test_one_class_is_one_error(toy: Path) -> None:
    write_split(toy, "train", 8, lambda number: 1)
    with pytest.raises(DataError, match="the split `train` has no faces of both classes"):
        run(toy, "out")


def test_the_mean_of_the_networks_own_head_needs_reals_alone(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    MANIFEST.write([row for row in MANIFEST.rows(toy / "train.parquet") if row["label"] == 0], toy / "train.parquet")
    write_recipe(toy / "toy.yaml", probes=section(heads={"mean": HEADS["mean"]}))
    assert heads(run(toy, "out")) == ["toy+mean"]
    write_recipe(toy / "toy.yaml", probes=section(heads={"mean": HEADS["mean"], "knn": HEADS["knn"]}))
    monkeypatch.setattr(Detector, "load", lambda folder: pytest.fail("the network was loaded"))
    with pytest.raises(DataError, match="the split `train` has no faces of both classes"):
        run(toy, "again")
