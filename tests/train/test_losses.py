"""Losses: against closed forms, torch and torchvision; weights and factors as the manifest and the recipe say."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.ops import sigmoid_focal_loss

from unmask.train.loss import Criterion, Loss

LOGITS, LABELS = torch.linspace(-6, 6, 25), (torch.arange(25) % 3 == 0).float()


def criterion(labels: torch.Tensor, weights: torch.Tensor, *, halves: bool = False, **settings: Any) -> Criterion:
    given = {"name": "bce", "pos_weight": "none", "label_smoothing": 0.0} | settings
    return Criterion(Loss.choose(given), labels, weights, None if halves else torch.ones_like(weights))


def per_crop(**settings: Any) -> torch.Tensor:
    chosen = Loss.choose({"pos_weight": "none"} | settings)
    loss: torch.Tensor = chosen.module.per_crop(LOGITS, LABELS, chosen)
    return loss


def test_every_loss_is_tested() -> None:
    assert Loss.names() == ["bce", "focal"]


def test_cross_entropy_is_that_of_the_closed_form() -> None:
    logits, labels = torch.tensor([0.5, -2.0, 3.0]), torch.tensor([1.0, 0.0, 1.0])
    weights = torch.tensor([1.0, 2.0, 0.5])
    chance = 1 / (1 + np.exp(-logits.numpy()))
    wanted = -(1.0 * 4 * np.log(chance[0]) + 2 * np.log(1 - chance[1]) + 0.5 * 4 * np.log(chance[2])) / 3
    found = criterion(torch.tensor([0.0, 1.0]), torch.ones(2), pos_weight=4.0)(logits, labels, weights)
    assert float(found) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_smoothed_labels_are_those_of_two_classes(smoothing: float) -> None:
    # torch smooths over two classes, whose logits are 0 and ours.
    both = torch.stack([torch.zeros_like(LOGITS), LOGITS], dim=1)
    wanted = torch.nn.functional.cross_entropy(both, LABELS.long(), label_smoothing=smoothing, reduction="none")
    torch.testing.assert_close(per_crop(name="bce", label_smoothing=smoothing), wanted)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_loss_is_that_of_torchvision(gamma: float) -> None:
    wanted = sigmoid_focal_loss(LOGITS, LABELS, alpha=-1, gamma=gamma)
    torch.testing.assert_close(per_crop(name="focal", gamma=gamma), wanted, atol=1e-5, rtol=1e-4)


def test_focal_loss_without_focus_is_the_cross_entropy() -> None:
    wanted = binary_cross_entropy_with_logits(LOGITS, LABELS, reduction="none")
    torch.testing.assert_close(per_crop(name="focal", gamma=0.0), wanted)


def test_slope_of_the_focal_loss_is_a_number_also_where_all_is_sure() -> None:
    chosen = Loss.choose({"name": "focal", "pos_weight": "none", "gamma": 0.5})
    logits = torch.tensor([-200.0, -30.0, 30.0, 200.0], requires_grad=True)
    chosen.module.per_crop(logits, torch.tensor([0.0, 1.0, 1.0, 0.0]), chosen).sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_balance_makes_classes_weigh_the_same() -> None:
    labels, weights = torch.tensor([0.0, 1.0, 1.0, 1.0]), torch.tensor([1.0, 1.0, 1.0, 2.0])
    assert criterion(labels, weights, pos_weight="balance").factor == pytest.approx(0.25)
    assert criterion(labels, weights, pos_weight="none").factor == 1.0
    assert criterion(labels, weights, pos_weight=2.5).factor == 2.5


def test_scale_of_the_weights_does_not_matter() -> None:
    weights = torch.rand(25) + 0.1
    losses = [criterion(LABELS, scale * weights)(LOGITS, LABELS, scale * weights) for scale in (1.0, 8.0)]
    assert float(losses[0]) == pytest.approx(float(losses[1]), rel=1e-6)


def test_draw_that_balances_takes_the_place_of_weights_that_do() -> None:
    labels, weights = torch.tensor([0.0, 1.0, 1.0, 1.0]), torch.tensor([3.0, 1.0, 1.0, 1.0])
    logits, shown = torch.tensor([1.0, -1.0]), torch.tensor([0.0, 1.0])
    wanted = binary_cross_entropy_with_logits(logits, shown)
    for how in ("balance", "none"):
        even = criterion(labels, weights, halves=True, pos_weight=how)(logits, shown, torch.tensor([3.0, 1.0]))
        torch.testing.assert_close(even, wanted)
    assert criterion(labels, weights, halves=True, pos_weight=2.0).factor == 2.0
