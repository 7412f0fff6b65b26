"""Optimising: the loss and the learning rate are those of their closed forms."""

from pathlib import Path

import numpy as np
import pytest
import torch
from toy_faces import write_recipe

from unmask.train.model import build
from unmask.train.optimise import build_optimizer, loss_of, lr_factor, positive_weight
from unmask.train.recipe import load


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_loss_falls_on_a_fixed_batch(tmp_path: Path, smoothing: float) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml", train__label_smoothing=smoothing))
    torch.manual_seed(0)
    model = build(recipe.model, pretrained=False).train()
    optimizer = build_optimizer(model, recipe.train)
    pixels, labels = torch.randn(8, 3, 32, 32), torch.arange(8) % 2
    losses = []
    for _ in range(40):
        loss = loss_of(model(pixels)[:, 0], labels.float(), torch.ones(8), (1.0, smoothing))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))
    share = smoothing / 2
    floor = -(share * np.log(share) + (1 - share) * np.log(1 - share)) if share else 0.0
    assert floor <= losses[-1] < floor + 0.25 * (losses[0] - floor)


def test_loss_is_that_of_the_closed_form() -> None:
    logits, labels = torch.tensor([0.5, -2.0, 3.0]), torch.tensor([1.0, 0.0, 1.0])
    weights = torch.tensor([1.0, 2.0, 0.5])
    chance = 1 / (1 + np.exp(-logits.numpy()))
    wanted = -(1.0 * 4 * np.log(chance[0]) + 2 * np.log(1 - chance[1]) + 0.5 * 4 * np.log(chance[2])) / 3
    assert float(loss_of(logits, labels, weights, (4.0, 0.0))) == pytest.approx(wanted, rel=1e-5)


def test_automatic_pos_weight_makes_classes_weigh_the_same(tmp_path: Path) -> None:
    labels, weights = torch.tensor([0.0, 1.0, 1.0, 1.0]), torch.tensor([1.0, 1.0, 1.0, 2.0])
    parts = {v: load(write_recipe(tmp_path / "r.yaml", train__pos_weight=v)).train for v in ("auto", "none", 2.5)}
    assert positive_weight(parts["auto"], labels, weights) == pytest.approx(0.25)
    assert positive_weight(parts["none"], labels, weights) == 1.0
    assert positive_weight(parts[2.5], labels, weights) == 2.5


def test_learning_rate_rises_then_falls_as_a_cosine(tmp_path: Path) -> None:
    part = load(write_recipe(tmp_path / "r.yaml", train__epochs=5, train__warmup_epochs=1)).train
    assert [lr_factor(done, part) for done in (0.25, 1.0, 3.0, 5.0)] == pytest.approx([0.25, 1.0, 0.5, 0.0])
