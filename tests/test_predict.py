"""Prediction: scores are those of the network, video by video, whatever the cache holds."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from toy_faces import asked_of_the_network, write_recipe, write_split

from unmask.errors import DataError
from unmask.model.build import build
from unmask.predict.model import Detector
from unmask.predict.step import predict
from unmask.predict.tables import EMBEDDINGS, SCORES
from unmask.split.tables import MANIFEST
from unmask.train.data import crop_of
from unmask.train.recipe import dump, load
from unmask.train.scoring import to_input


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "1")


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """Crops, manifests val and test, and a network with random weights."""
    for name, videos in (("val", 3), ("test", 4)):
        write_split(tmp_path, name, videos)
    recipe = load(write_recipe(tmp_path / "toy.yaml"))
    torch.manual_seed(0)
    (tmp_path / "model").mkdir()
    state = build(recipe.model, recipe.input, pretrained=False).state_dict()
    save_file({k: v.contiguous() for k, v in state.items()}, tmp_path / "model" / "model.safetensors")
    (tmp_path / "model" / "recipe.yaml").write_text(dump(recipe))
    return tmp_path


def run(folder: Path, out: str) -> Path:
    shards = folder / "shards"
    predict(folder / "model", folder / "val.parquet", folder / "test.parquet", shards, folder / out)
    return folder / out


def test_every_row_of_both_manifests_is_there(toy: Path) -> None:
    out = run(toy, "out")
    scores = {(r["video"], r["frame"], r["face"]): r for r in SCORES.rows(out)}
    for split in ("val", "test"):
        for row in MANIFEST.rows(toy / f"{split}.parquet"):
            score = scores.pop((row["video"], row["frame"], row["face"]))
            assert score["split"] == split
            assert all(score[name] == row[name] for name in ("status", "corpus", "label", "method", "cluster", "track"))
            assert (score["logit"] is None) == (row["status"] != "ok")
    assert not scores


def test_logits_and_embeddings_are_those_of_the_network(toy: Path) -> None:
    out = run(toy, "out")
    recipe = load(toy / "toy.yaml")
    network: Any = build(recipe.model, recipe.input, pretrained=False).eval()
    network.load_state_dict(load_file(toy / "model" / "model.safetensors"))
    rows = [r for r in MANIFEST.rows(toy / "val.parquet") if r["status"] == "ok"]
    crops = np.stack([crop_of(toy / "shards", row) for row in rows])
    with torch.inference_mode():
        pixels = to_input(torch.from_numpy(crops).permute(0, 3, 1, 2), recipe.input)
        wanted = network(pixels)[:, 0].numpy()
        features = network.forward_head(network.forward_features(pixels), pre_logits=True).numpy()
    found = [r["logit"] for r in SCORES.rows(out) if r["split"] == "val" and r["status"] == "ok"]
    np.testing.assert_allclose(found, wanted, atol=1e-5, rtol=1e-4)
    embeddings = EMBEDDINGS.rows(out)
    assert len(embeddings) == 7 * 4
    there = {(r["video"], r["frame"]): r["embedding"] for r in embeddings}
    given = [there[row["video"], row["frame"]] for row in rows]
    np.testing.assert_allclose(np.array(given, np.float32), features, atol=1e-3, rtol=2e-3)


def test_cache_and_workers_change_nothing(toy: Path, work_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run(toy, "first")
    assert len(list((work_cache / "predict").rglob("*/*"))) == 7
    again = run(toy, "again")
    shutil.rmtree(work_cache / "predict")
    monkeypatch.setenv("UNMASK_WORKERS", "2")
    parallel = run(toy, "parallel")
    for table in ("scores", "embeddings"):
        data = [(folder / f"{table}.parquet").read_bytes() for folder in (first, again, parallel)]
        assert data[0] == data[1] == data[2]


def test_only_what_is_new_is_scored(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {r["video"]: r["logit"] for r in SCORES.rows(run(toy, "before"))}
    write_split(toy, "test", 5)
    asked = asked_of_the_network(monkeypatch)
    after = {r["video"]: r["logit"] for r in SCORES.rows(run(toy, "after"))}
    assert asked == [4]
    assert after.keys() - before.keys() == {"toy/test04"}
    assert all(after[video] == logit for video, logit in before.items())


def test_another_model_at_the_same_place_is_asked_anew(toy: Path) -> None:
    before = [r["logit"] for r in SCORES.rows(run(toy, "before"))]
    path = toy / "model" / "model.safetensors"
    state = load_file(path)
    state["fc.bias"] += 1.0
    save_file(state, path)
    after = [r["logit"] for r in SCORES.rows(run(toy, "after"))]
    shift = [b - a for a, b in zip(before, after, strict=True) if a is not None and b is not None]
    np.testing.assert_allclose(shift, 1.0, atol=1e-5)


def test_score_does_not_depend_on_what_is_beside(toy: Path) -> None:
    detector = Detector.load(toy / "model")
    crops = np.random.default_rng(0).integers(0, 256, (7, 40, 40, 3)).astype(np.uint8)
    together = detector.logits(crops)
    assert np.array_equal(together[:4], detector.logits(crops[:4]))
    assert np.array_equal(together[4:], detector.logits(crops[4:]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), r"model\.safetensors does not exist; run train"),
        (
            lambda folder: save_file({"a": torch.ones(1)}, folder / "model.safetensors"),
            "do not fit the model",
        ),
    ],
)
def test_model_that_is_not_one_is_one_error(toy: Path, change: Any, message: str) -> None:
    change(toy / "model")
    with pytest.raises(DataError, match=message):
        run(toy, "out")


def test_crop_of_other_bytes_is_one_error(toy: Path) -> None:
    rows = MANIFEST.rows(toy / "test.parquet")
    rows[0]["sha256"] = "0" * 64
    MANIFEST.write(rows, toy / "test.parquet")
    with pytest.raises(DataError, match="holds another crop"):
        run(toy, "out")
