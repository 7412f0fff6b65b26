"""The benchmark of training: both loops learn the same, its figures are right, and it runs from crops to a page."""

import doctest
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bench.training import loading, memory, page, step
from bench.training.__main__ import FULL, PART, RECIPE, measured
from bench.training.material import PICTURES, Kept, recipe, write

from unmask.train.data import Crops, read_manifest

TINY = replace(
    FULL, trained=(("test_resnet", "fp32"), ("test_resnet", "bf16")), side=32, batch=8, steps=2, loaded=(32,), crops=64,
    turns=2, epochs=3,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("UNMASK_THREADS", "1")
    yield
    torch.use_deterministic_algorithms(True, warn_only=True)


@pytest.mark.parametrize("name", PICTURES)
def test_crops_are_kept_as_asked_and_differ(name: str, tmp_path: Path) -> None:
    kept = write(tmp_path, 32, PICTURES[name], 16)
    with loading.nothing_kept():
        pixels = np.stack([one["pixels"][0] for one in _items(kept)])
    assert pixels.shape == (16, 3, 32, 32)
    assert len(np.unique(pixels.reshape(16, -1), axis=0)) == 16
    assert pixels.std() > 20


def _items(kept: Kept) -> list[dict[str, torch.Tensor]]:
    crops = Crops(read_manifest(kept.manifest), kept.shards, None)
    return [crops[(1, row)] for row in range(len(crops))]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_bare_loop_learns_what_the_training_learns(precision: str, tmp_path: Path) -> None:
    kept = write(tmp_path, 32, PICTURES["PNG"], 32)
    plan = recipe(RECIPE, "test_resnet", 32, 8, precision)
    took = step.measure(plan, kept, 1)
    assert took.losses[0] == pytest.approx(took.losses[1], rel=1e-5)
    assert 0.1 < took.losses[0] < 2


def test_ratios_are_of_what_ran_in_the_same_turn() -> None:
    took = step.Took([1.0, 2.0, 3.0], [2.0, 2.0, 6.0], [1.0, 1.0, 1.0], (0.0, 0.0))
    assert took.ratio(took.step) == pytest.approx((2.0, 1.5, 2.0))
    tight, ours = loading.Pace([1.0, 2.0, 3.0], []), loading.Pace([2.0, 2.0, 6.0], [])
    assert ours.each == 0.5
    assert ours.share(tight) == pytest.approx((0.5, 0.5, 0.75))


def test_a_missed_target_is_said_to_be_missed() -> None:
    slow = step.Took([1.0] * 3, [1.06] * 3, [1.0] * 3, (0.0, 0.0))
    quick = step.Took([1.0] * 3, [1.04] * 3, [1.0] * 3, (0.0, 0.0))
    assert "**missed**" in page.step_table({"a": slow})
    assert "| met |" in page.step_table({"a": quick})
    paces = {"tight": loading.Pace([1.0], [1.0]), "loader": loading.Pace([1.3], [1.0])}
    assert "**missed**" in page.load_table({("a", 1): paces})
    assert "| met |" in page.load_table({("a", 1): paces | {"loader": loading.Pace([1.2], [1.0])}})
    assert page.memory([50.0, 100.0, 102.0, 104.0]).endswith("**missed**.")
    assert page.memory([50.0, 100.0, 100.1, 100.0]).endswith("met.")


def test_examples() -> None:
    found = doctest.testmod(memory)
    assert found.attempted
    assert not found.failed


def test_it_runs_from_crops_to_a_page() -> None:
    text = measured(TINY)
    assert PART == "training"
    assert {"### A step", "### The loader", "### Memory"} <= set(text.splitlines())
    assert text.count("`test_resnet`") == 2
    assert len(re.findall(r"^\| (?:PNG|JPEG), 32 x 32, [\d.]+ kB \| [12] \|", text, re.MULTILINE)) == 4
    ratios = [float(one) for one in re.findall(r"(\S+) \(\S+ to \S+\)", text)]
    assert len(ratios) == 8
    assert all(0 < one < 100 for one in ratios)
    sizes = re.search(r"after each epoch:\s+([\d,\s]+)\.", text)
    assert sizes
    assert len(sizes[1].split(",")) == 3
