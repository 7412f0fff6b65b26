"""Augmentation: seeded, as often as the recipe says, and blind to the label."""

from pathlib import Path

import numpy as np
import pytest
import torch
from train.operations import OPERATIONS
from train.training import ROOT

from unmask.train.augmentation import Policy
from unmask.train.data import Crops, read_manifest
from unmask.train.recipe import operation


def test_every_operation_is_tested() -> None:
    there = {path.stem for path in (ROOT / "src" / "unmask" / "train" / "augment").glob("*.py")} - {"__init__"}
    assert there == set(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_keeps_shape_and_type_and_is_seeded(name: str) -> None:
    settings = operation(name, OPERATIONS[name], Path("r.yaml"))
    image = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 36, 48)).astype(np.uint8))
    before = image.clone()
    policy = Policy({name: settings}, seed=1)
    changed = policy(image, "a", epoch=1)
    assert changed.dtype == torch.uint8
    assert changed.shape == image.shape
    assert not torch.equal(changed, image)
    assert torch.equal(image, before)
    assert torch.equal(changed, Policy({name: settings}, seed=1)(image, "a", epoch=1))
    others = [policy(image, "b", 1), policy(image, "a", 2), Policy({name: settings}, seed=2)(image, "a", 1)]
    assert name == "flip" or not any(torch.equal(changed, other) for other in others)


def test_probability_is_that_of_the_recipe() -> None:
    policy = Policy({"flip": operation("flip", {"p": 0.25}, Path("r.yaml"))}, seed=1)
    image = torch.arange(27, dtype=torch.uint8).reshape(3, 3, 3)
    changed = sum(not torch.equal(policy(image, str(i), 1), image) for i in range(2000))
    assert 430 < changed < 570  # 500, give or take more than three standard deviations of 19


def test_augmentation_does_not_know_the_label(toy: Path) -> None:
    table = read_manifest(toy / "train.parquet")
    swapped = table.set_column(5, "label", [[1 - label.as_py() for label in table["label"]]]).cast(table.schema)
    policy = Policy({"jpeg": operation("jpeg", OPERATIONS["jpeg"], Path("r.yaml"))}, seed=1)
    one, other = (Crops(rows, toy / "shards", policy) for rows in (table, swapped))
    assert one.labels[0] != other.labels[0]
    assert all(torch.equal(one[1, i]["pixels"], other[1, i]["pixels"]) for i in range(len(one)))
