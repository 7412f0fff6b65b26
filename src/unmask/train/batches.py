"""The batches of an epoch: cut from its order, shared among processes, decoded by workers where that pays."""

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch
from torch.utils.data import DataLoader, Sampler

from unmask.errors import DataError
from unmask.parallel import workers
from unmask.train.data import Crops, Item, Keys, Packed
from unmask.train.drawing import Ints, filled
from unmask.train.handing import SlotLoader, as_it_is


@dataclass(frozen=True)
class Share:
    """Which process this is, from 0, and of how many."""

    index: int
    count: int

    def of(self, length: int) -> slice:
        """Give this process' part of a batch."""
        return slice(length * self.index // self.count, length * (self.index + 1) // self.count)


class Batches(Sampler[Keys]):
    """The batches of one epoch, from some position on, as one process gets them."""

    def __init__(self, order: Callable[[int], Ints], size: int, share: Share) -> None:
        """Take what says which rows an epoch sees.

        Args:
            order: Gives the rows of an epoch, by its number, in a random order.
            size: Crops of a batch, over all processes; a multiple of their count.
            share: Which part of every batch this process gets.
        """
        self._order, self._size, self._share = order, size, share
        self._epoch, self._done = 0, 0
        self._rows: Ints | None = None

    def begin(self, epoch: int, done: int) -> None:
        """Go to an epoch and leave out the batches that are done; nothing of them is read.

        The last batch is filled up with the epoch's first crops: an odd rest would unsettle batch norm, and left out,
        whole videos would not be seen. An epoch of less than a batch stays one short batch, in which crops come twice
        only where the processes could not share it alike.

        Raises:
            DataError: There are not enough crops.
        """
        rows = self._order(epoch)
        if len(rows) < self._share.count:
            raise DataError(f"the training manifest has {len(rows)} crops for {self._share.count} processes.")
        unit = self._size if len(rows) >= self._size else self._share.count
        self._epoch, self._done, self._rows = epoch, done, filled(rows, unit)

    @property
    def largest(self) -> int:
        """Count the crops of this process' part of a whole batch."""
        return len(range(*self._share.of(self._size).indices(self._size)))

    @property
    def count(self) -> int:
        """Count the batches of the epoch."""
        return 0 if self._rows is None else -(-len(self._rows) // self._size)

    @property
    def crops(self) -> int:
        """Count the crops of the epoch, over all processes."""
        return 0 if self._rows is None else len(self._rows)

    def __len__(self) -> int:
        """Count the batches that are left."""
        return self.count - self._done

    def __iter__(self) -> Iterator[Keys]:
        """Give pairs (epoch, row)."""
        assert self._rows is not None
        for number in range(self._done, self.count):
            batch = self._rows[number * self._size :][: self._size]
            yield [(self._epoch, row) for row in batch[self._share.of(len(batch))].tolist()]


def in_order(length: int, size: int, share: Share) -> list[Keys]:
    """Cut validation into batches; each goes whole to one process, so that their number changes no logit."""
    rows = range(length)
    cut = [[(0, row) for row in rows[start : start + size]] for start in range(0, length, size)]
    return cut[share.index :: share.count]


def loader(crops: Crops, batches: Batches | list[Keys], device: torch.device) -> Iterable[Packed]:
    """Make what reads batches.

    Args:
        crops: The crops.
        batches: What each batch consists of.
        device: Where they will be needed.
    """
    # Kept crops are cheap to augment beside a CPU that trains; everything else feeds on worker processes. Their
    # number changes no byte, for a crop's draws depend on its key and epoch alone.
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    count = 0 if crops.in_memory and device.type == "cpu" else max(workers() // local, 1)
    if not count:
        return DataLoader(crops, batch_sampler=batches, collate_fn=as_it_is, generator=torch.Generator())
    # Workers are forks. What they share with this process would be copied, page by page, when either of them looks for
    # garbage in it: 300 MB for each, mostly of imported libraries.
    gc.collect()
    gc.freeze()
    # A process may have no batch of a small validation.
    largest = batches.largest if isinstance(batches, Batches) else max(map(len, batches), default=1)
    return SlotLoader(crops, batches, largest, device, count)


def on(device: torch.device, batches: Iterable[Packed]) -> Iterator[Item]:
    """Give every batch on a device. One from worker processes holds until the next is asked for, not longer.

    Raises:
        DataError: A crop cannot be read.
    """
    # Elsewhere a copy that is not waited for might be made after the slot it comes from is written anew.
    pinned = device.type == "cuda"
    try:
        for batch in batches:
            here = {name: torch.as_tensor(one) for name, one in batch.items()}
            if device.type != "cpu":
                here = {name: one.to(device, non_blocking=pinned) for name, one in here.items()}
            yield here
    except DataError as error:
        # A worker process puts its traceback before the message.
        raise DataError(str(error).rpartition("DataError: ")[2].strip()) from None
