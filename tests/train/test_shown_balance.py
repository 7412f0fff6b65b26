"""`pos_weight: balance` goes by what epochs show, counted in the epochs themselves."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_faces import write_recipe
from train.epochs import drawn, rows

from unmask.train.drawing import Sampling
from unmask.train.loss import Criterion, Loss
from unmask.train.recipe import load
from unmask.train.trainer import _often

# Reals with many crops, fakes with few, and one of each that is otherwise.
GIVEN = rows({f"r{i}": 20 for i in range(4)} | {"short": 1} | {f"f{i}": 7 for i in range(6)} | {"flong": 30})
# As a manifest weighs: all crops of a video alike.
WEIGHTS = np.array([1 + len(video) % 3 + 0.5 * video.endswith("1") for video in GIVEN.video])


def often(settings: dict[str, Any]) -> torch.Tensor:
    sampling = Sampling.choose(settings)
    shares: torch.Tensor = torch.from_numpy(sampling.module.often(GIVEN, sampling))
    return shares.float()


def balanced(labels: np.ndarray[Any, Any], weights: np.ndarray[Any, Any], shares: torch.Tensor) -> Criterion:
    settings = Loss.choose({"name": "bce", "pos_weight": "balance", "label_smoothing": 0.0})
    return Criterion(settings, torch.tensor(labels).float(), torch.tensor(weights).float(), shares)


@pytest.mark.parametrize("crops", [1, 3, 10, 25, "all"])
def test_every_crop_is_seen_as_often_as_expected(crops: int | str) -> None:
    settings = {"name": "per_video", "crops": crops}
    counts = Counter(row for number in range(1, 301) for row in drawn(GIVEN, settings, number))
    found = np.array([counts[row] for row in range(len(GIVEN.video))]) / 300
    np.testing.assert_allclose(found, often(settings).numpy(), atol=0.12)


@pytest.mark.parametrize("crops", [1, 3, 10, 25, "all"])
def test_both_classes_weigh_the_same_in_an_epoch(crops: int | str) -> None:
    settings = {"name": "per_video", "crops": crops}
    shown = np.array(drawn(GIVEN, settings, 1))
    labels, weights = GIVEN.label[shown], WEIGHTS[shown]
    criterion = balanced(GIVEN.label, WEIGHTS, often(settings))
    real, fake = (float(weights[labels == label].sum()) for label in (0, 1))
    assert criterion.factor * fake == pytest.approx(real, rel=1e-5)
    # Without the factor, what an epoch shows weighs 1 in the mean.
    unsure = torch.zeros(len(shown))
    loss = criterion(unsure, torch.zeros(len(shown)), torch.tensor(weights).float())
    assert float(loss) == pytest.approx(np.log(2), rel=1e-5)


def test_as_many_of_both_classes_are_no_factor(tmp_path: Path) -> None:
    given = rows({f"r{i}": 20 for i in range(10)} | {f"f{i}": 10 for i in range(10)})
    for crops, factor in ((10, 1.0), (15, 1.5), ("all", 2.0)):
        plan = load(write_recipe(tmp_path / "r.yaml", train__sampling={"name": "per_video", "crops": crops}))
        shares = _often(plan, given, 1)
        assert shares is not None
        assert balanced(given.label, np.ones(300), shares).factor == pytest.approx(factor)
        both = _often(plan, given, 2)
        assert both is not None
        assert both[::2].tolist() == both[1::2].tolist() == shares.tolist()


def test_samplings_that_balance_by_drawing_are_not_asked(tmp_path: Path) -> None:
    for name in Sampling.names():
        chosen = Sampling.choose({"name": name} | ({"length": 2} if name == "sequence" else {"crops": 2}))
        assert hasattr(chosen.module, "often") == (not chosen.halves and not chosen.sequences), name
        if chosen.halves:
            plan = load(write_recipe(tmp_path / "r.yaml", train__sampling={"name": name, "crops": 2}))
            assert _often(plan, GIVEN, 1) is None
