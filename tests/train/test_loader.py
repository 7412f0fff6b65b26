"""The loader: a pread for each crop in worker processes, nothing read twice, and memory that stays."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_faces import write_recipe, write_split

from unmask.augment.policy import Policies
from unmask.train.batches import Batches, Share, loader, on
from unmask.train.data import Crops, Keys, Packed, read_manifest
from unmask.train.recipe import load

CPU, ONE = torch.device("cpu"), Share(0, 1)
MIB = 1 << 20
MEMORY = Path("/proc/self/smaps_rollup")
TESTS = Path(__file__).parent.parent


class Watched(Crops):
    """Crops that tell which process read them."""

    def __getitems__(self, keys: Keys, *place: Any) -> Packed:
        """Note it."""
        return super().__getitems__(keys, *place) | {"row": np.array([(row, os.getpid()) for _, row in keys])}


class Noted(Crops):
    """Crops that note what they are asked for."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.asked: list[tuple[int, int]] = []

    def __getitems__(self, keys: Keys, *place: Any) -> Packed:
        """Note it."""
        self.asked += keys
        return super().__getitems__(keys, *place)


def batches_of(crops: Crops, done: int = 0) -> list[dict[str, torch.Tensor]]:
    batches = Batches(lambda epoch: np.arange(len(crops))[::-1], 8, ONE)
    batches.begin(1, done)
    # Copies: a batch of worker processes holds until the next is asked for.
    return [{name: one.clone() for name, one in batch.items()} for batch in on(CPU, loader(crops, batches, CPU))]


def test_workers_read_and_their_number_changes_nothing(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = read_manifest(toy / "train.parquet")
    kept = batches_of(Watched(table, toy / "shards", None))
    monkeypatch.setattr("unmask.train.data.MEMORY", 0)
    for count in ("1", "3"):
        monkeypatch.setenv("UNMASK_WORKERS", count)
        read = batches_of(Watched(table, toy / "shards", None))
        for name in ("pixels", "label", "weight"):
            assert all(torch.equal(one[name], other[name]) for one, other in zip(kept, read, strict=True))
        processes = {process for batch in read for process in batch["row"][:, 1].tolist()}
        assert len(processes) == int(count)
        assert os.getpid() not in processes
    assert {process for batch in kept for process in batch["row"][:, 1].tolist()} == {os.getpid()}


def test_what_is_done_is_not_read_again(toy: Path) -> None:
    crops = Noted(read_manifest(toy / "train.parquet"), toy / "shards", None)
    rest = batches_of(crops, done=6)
    assert [batch["row"].tolist() for batch in rest] == [list(range(15, 7, -1)), list(range(7, -1, -1))]
    assert crops.asked == [(1, row) for row in range(15, -1, -1)]


def test_pairs_of_a_blend_change_alike(toy: Path) -> None:
    table = read_manifest(toy / "train.parquet")
    policies = Policies(load(write_recipe(toy / "r.yaml", augment__policies={"some": {"flip": {"p": 0.5}}})).augment, 1)

    def blend(image: torch.Tensor, row: Any, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        return image, image // 2

    crops = Crops(table, toy / "shards", policies, blend)
    (first, *_) = batches_of(crops)
    assert crops.views == 2
    assert first["pixels"].shape == (16, 3, 40, 40)
    assert first["label"].tolist() == [0.0, 1.0] * 8
    assert crops.labels.tolist() == [0.0, 1.0] * len(table)
    assert crops.weights.shape == (2 * len(table),)
    assert torch.equal(first["pixels"][1::2], first["pixels"][::2] // 2)


@pytest.mark.skipif(not MEMORY.is_file() or "Pss_Anon" not in MEMORY.read_text(), reason="this system tells less")
def test_memory_does_not_grow_over_epochs(toy: Path) -> None:
    write_split(toy, "train", 100)
    recipe = write_recipe(toy / "toy.yaml", train__epochs=12, train__patience=12)
    # A process of its own: what other tests have left in this one comes and goes.
    script, variables = TESTS / "train" / "grown.py", os.environ | {"PYTHONPATH": str(TESTS)}
    subprocess.run([sys.executable, script, toy, recipe], env=variables, check=True)
    used = json.loads((toy / "used.json").read_text())
    assert len(used) == 12
    # What the third brings may stay. If only the pixels of each epoch were kept, it would be 12 MiB.
    assert used[11] - used[2] < 6 * MIB, [round(size / MIB, 1) for size in used]
