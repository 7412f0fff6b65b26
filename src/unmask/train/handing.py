"""Batches handed over by worker processes in memory that both sides keep: new memory takes longer than small crops."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from unmask.train.data import Crops, Keys, Packed

# Batches that a worker has ready at most, as torch has it.
AHEAD = 2


class Asked(NamedTuple):
    """A batch, and the slot of the ring that it goes to."""

    slot: int
    keys: Keys


class Ring:
    """Slots of shared memory, used in turn. Batch n goes to slot n modulo their number."""

    def __init__(self, slots: int, shape: Sequence[int]) -> None:
        """Take memory once.

        Args:
            slots: More than the batches that are under way at a time.
            shape: Of the pixels of the largest batch.
        """
        # As torch's own collate has it: pages that nothing is written to cost nothing.
        memory = torch.UntypedStorage._new_shared(slots * math.prod(shape))  # type: ignore[no-untyped-call]
        self._memory = torch.tensor((), dtype=torch.uint8).set_(memory).view(slots, *shape)

    def __len__(self) -> int:
        """Count the slots."""
        return len(self._memory)

    def __getitem__(self, slot: int) -> torch.Tensor:
        """Give a slot."""
        return self._memory[slot]


class _Numbered(Sampler[Asked]):
    def __init__(self, batches: Sampler[Keys] | list[Keys], slots: int) -> None:
        self._batches, self._slots = batches, slots

    def __len__(self) -> int:
        return len(self._batches)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Asked]:
        return (Asked(number % self._slots, keys) for number, keys in enumerate(self._batches))


class _SlotDataset(Dataset[Packed]):
    """Crops as a worker process gives them: the pixels go to a slot, all else comes back."""

    def __init__(self, crops: Crops, ring: Ring) -> None:
        self._crops, self._ring = crops, ring

    def __getitems__(self, asked: Asked) -> Packed:
        told = self._crops.__getitems__(asked.keys, self._ring[asked.slot].numpy())
        return told | {"pixels": np.array([asked.slot, len(told["pixels"])])}


class SlotLoader(Iterable[Packed]):
    """Batches that worker processes make. Each lies in its slot: it holds until the next is asked for, not longer."""

    def __init__(
        self, crops: Crops, batches: Sampler[Keys] | list[Keys], largest: int, device: torch.device, workers: int
    ) -> None:
        """Start nothing yet: workers start when the first batch is asked for.

        Args:
            crops: The crops.
            batches: What each batch consists of.
            largest: Crops of the largest batch.
            device: Where they will be needed.
            workers: How many processes.
        """
        # When a batch is taken a worker begins another one ahead, so there is one slot more: that of what is taken.
        self._ring = Ring(AHEAD * workers + 1, (largest * crops.views, *crops.shape))
        self._slots = [self._ring[slot].numpy() for slot in range(len(self._ring))]
        self._pinned = device.type == "cuda"
        self.processes: DataLoader[Packed] = DataLoader(
            _SlotDataset(crops, self._ring),
            batch_sampler=_Numbered(batches, len(self._ring)),  # type: ignore[arg-type]
            num_workers=workers,
            prefetch_factor=AHEAD,
            collate_fn=as_it_is,
            worker_init_fn=_begin,
            persistent_workers=True,
            generator=torch.Generator(),  # so that the loader takes nothing from the draw of dropout
        )

    def __iter__(self) -> Iterator[Packed]:
        """Give the batches of an epoch; what workers of one broken off still make, they finish before the next."""
        for told in self.processes:
            slot, count = told["pixels"].tolist()
            # On a CPU neither copied nor reshaped: new memory and each operation of torch here weigh beside decoding.
            pixels = self._slots[slot][:count]
            yield told | {"pixels": torch.from_numpy(pixels).pin_memory() if self._pinned else pixels}


def as_it_is(batch: Any) -> Any:
    """Leave a batch alone, for crops come stacked."""
    return batch


def _begin(_: int) -> None:
    """Begin a worker process: one thread each, as torch does by itself."""
    cv2.setNumThreads(0)  # not 1: that would wait for threads to end that a fork does not have
