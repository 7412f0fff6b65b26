"""Scoring: the same pixels and the same numbers in validation and prediction."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from toy_faces import write_recipe
from train.training import run

from unmask.model.build import build
from unmask.model.part import InputPart
from unmask.predict.model import Detector
from unmask.train.data import Crops, read_manifest
from unmask.train.recipe import load
from unmask.train.scoring import score, to_input
from unmask.train.validate import video_auc


def test_video_auc_is_that_of_scikit_learn_on_mean_logits() -> None:
    rng = np.random.default_rng(0)
    videos = [f"v{i}" for i in rng.integers(0, 20, 200)]
    labels = np.array([int(video[1:]) % 2 for video in videos])
    logits = rng.normal(labels, 2.0)
    names = sorted(set(videos))
    means = [np.mean([x for x, v in zip(logits, videos, strict=True) if v == name]) for name in names]
    wanted = roc_auc_score([int(name[1:]) % 2 for name in names], means)
    assert video_auc(videos, labels, logits) == pytest.approx(wanted)


def test_validation_and_prediction_see_the_same_pixels(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=1)
    seen: list[torch.Tensor] = []

    def watched(crops: torch.Tensor, part: InputPart) -> torch.Tensor:
        seen.append(to_input(crops, part))
        return seen[-1]

    monkeypatch.setattr("unmask.train.scoring.to_input", watched)
    out = run(toy, recipe, "out")
    validated = torch.cat(seen)
    seen.clear()
    crops = Crops(read_manifest(toy / "val.parquet"), toy / "shards", None)
    arrays = np.stack([crops[0, i]["pixels"][0].permute(1, 2, 0).numpy() for i in range(len(crops))])
    Detector.load(out).logits(arrays)
    assert torch.equal(torch.cat(seen), validated)


def test_input_is_the_resized_normalised_crop(tmp_path: Path) -> None:
    part = load(write_recipe(tmp_path / "r.yaml")).input
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32)).astype(np.uint8))
    wanted = (crops.numpy() / 255 - np.reshape(part.mean, (3, 1, 1))) / np.reshape(part.std, (3, 1, 1))
    np.testing.assert_allclose(to_input(crops, part).numpy(), wanted, atol=1e-6)
    flat = torch.full((1, 3, 90, 90), 77, dtype=torch.uint8)
    resized = to_input(flat, part)
    assert resized.shape == (1, 3, 32, 32)
    np.testing.assert_allclose(resized[0, 0].numpy(), (77 / 255 - 0.5) / 0.5, atol=1e-6)


def test_score_is_what_timm_says_whatever_comes_beside(tmp_path: Path) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml"))
    torch.manual_seed(0)
    model = build(recipe.model, recipe.input, pretrained=False).eval()
    crops = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (10, 3, 40, 40)).astype(np.uint8))
    logits, embeddings = score(model, crops, recipe.input, batch=4)
    with torch.inference_mode():
        torch.testing.assert_close(logits, model(to_input(crops, recipe.input))[:, 0], atol=1e-5, rtol=1e-4)
        head: Any = model.get_submodule("fc")
        torch.testing.assert_close(head(embeddings)[:, 0], logits, atol=1e-5, rtol=1e-4)
    assert torch.equal(score(model, crops[:4], recipe.input, batch=4)[0], logits[:4])
