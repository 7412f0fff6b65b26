"""Batches from worker processes: what was taken stays as it was until the next is asked for."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from toy_faces import write_split

from unmask.augment.policy import Policies
from unmask.train.batches import Batches, Share, in_order, loader, on
from unmask.train.data import Crops, Item, Packed, read_manifest
from unmask.train.handing import AHEAD, SlotLoader

CPU = torch.device("cpu")


@pytest.fixture
def many(toy: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Crops]:
    """Crops for many more batches than there are slots, none kept in memory."""
    write_split(toy, "train", 40)
    monkeypatch.setattr("unmask.train.data.MEMORY", 0)
    return lambda: Crops(read_manifest(toy / "train.parquet"), toy / "shards", None)


def pixels(crops: Crops, keys: list[tuple[int, int]]) -> torch.Tensor:
    return torch.as_tensor(crops.__getitems__(keys)["pixels"])


def kept(handed: SlotLoader) -> list[Item]:
    """Batches hold until the next is asked for, so copies are kept."""
    return [{name: one.clone() for name, one in batch.items()} for batch in on(CPU, handed)]


@pytest.mark.parametrize("workers", [1, 2])
def test_batches_are_those_of_one_process(many: Callable[[], Crops], workers: int) -> None:
    crops = many()
    order = np.random.default_rng(1).permutation(len(crops))
    batches = Batches(lambda epoch: np.roll(order, epoch), 7, Share(0, 1))
    handed = SlotLoader(many(), batches, batches.largest, CPU, workers)
    for epoch in (1, 2):
        batches.begin(epoch, 0)
        wanted = list(batches)
        assert len(wanted) > 3 * (AHEAD * workers + 1)
        taken = kept(handed)
        assert [one["row"].tolist() for one in taken] == [[row for _, row in keys] for keys in wanted]
        assert all(torch.equal(one["pixels"], pixels(crops, keys)) for one, keys in zip(taken, wanted, strict=True))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_batch_holds_until_the_next_is_asked_for(many: Callable[[], Crops], workers: int) -> None:
    crops = many()
    whole = in_order(len(crops), 8, Share(0, 1))
    handed = SlotLoader(many(), whole, 8, CPU, workers)
    for _ in range(2):
        for keys, batch in zip(whole, on(CPU, handed), strict=True):
            time.sleep(0.05)  # the workers go on with all that they may make ahead
            assert torch.equal(batch["pixels"], pixels(crops, keys))


def test_an_epoch_that_was_broken_off_leaves_nothing_behind(many: Callable[[], Crops]) -> None:
    crops = many()
    whole = in_order(len(crops), 8, Share(0, 1))
    handed = SlotLoader(many(), whole, 8, CPU, 2)
    for _, first in zip(range(2), handed, strict=False):
        assert len(first["pixels"]) == 8
    for keys, batch in zip(whole, on(CPU, handed), strict=True):
        time.sleep(0.05)
        assert torch.equal(batch["pixels"], pixels(crops, keys))


def test_a_process_without_a_batch_gets_none(many: Callable[[], Crops]) -> None:
    assert list(on(CPU, loader(many(), [], CPU))) == []


def test_short_batches_and_parts_of_processes_fit(many: Callable[[], Crops], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    crops, sizes = many(), []
    for index in range(3):
        batches = Batches(lambda _: np.arange(len(crops)), 8, Share(index, 3))
        batches.begin(1, 0)
        given = loader(many(), batches, CPU)
        assert isinstance(given, SlotLoader)
        taken: list[Packed] = list(given)
        sizes.append({len(one["pixels"]) for one in taken})
        assert max(sizes[-1]) == batches.largest
    assert sizes == [{2}, {3}, {3}]


def test_both_pictures_of_a_blend_arrive(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unmask.train.data.MEMORY", 0)
    table = read_manifest(toy / "train.parquet")
    policies: Policies | None = None
    crops = Crops(table, toy / "shards", policies, lambda image, row, epoch: (image, 255 - image))
    whole = in_order(len(crops), 5, Share(0, 1))
    taken = kept(SlotLoader(crops, whole, 5, CPU, 1))
    # The last is shorter.
    assert [len(one["pixels"]) for one in taken] == [2 * len(keys) for keys in whole]
    assert all(torch.equal(one["pixels"][1::2], 255 - one["pixels"][::2]) for one in taken)
    assert all(torch.equal(one["pixels"], pixels(crops, keys)) for one, keys in zip(taken, whole, strict=True))
