"""The loader beside a tight loop: crops a second of a core, and what it costs to hand them to another process."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.pool import Pool
from statistics import median

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]
import torch
from bench.training.material import Kept

from unmask.train import data
from unmask.train.batches import Batches, Share, loader, on
from unmask.train.data import Crops, read_manifest

CPU = torch.device("cpu")
# Shard, first byte and size of a crop.
Where = tuple[str, int, int]


@dataclass(frozen=True)
class Pace:
    """What a crop takes, turn by turn.

    Attributes:
        seconds: By the clock, times the number of processes that decode.
        busy: Of all processors together, also of the process that receives.
    """

    seconds: list[float]
    busy: list[float]

    @property
    def each(self) -> float:
        """Give the crops a second of one process that decodes."""
        return 1 / median(self.seconds)

    def share(self, tight: "Pace") -> tuple[float, float, float]:
        """Give the pace as a share of a tight loop's in the same turn: median and quartiles over the turns."""
        low, middle, high = np.quantile(np.array(tight.seconds) / np.array(self.seconds), [0.25, 0.5, 0.75])
        return float(middle), float(low), float(high)


class Tight:
    """A loop that does nothing but read and decode, in some processes at once."""

    def __init__(self, kept: Kept, processes: int) -> None:
        """Start the processes."""
        table = read_manifest(kept.manifest).select(["shard", "offset", "size"]).to_pydict()
        where = [(str(kept.shards / shard), offset, size) for shard, offset, size in zip(*table.values(), strict=True)]
        self._parts = [where[number::processes] for number in range(processes)]
        self._pool: Pool = multiprocessing.get_context("fork").Pool(processes)

    def __call__(self) -> float:
        """Decode every crop once; give the processor's seconds."""
        return sum(self._pool.map(decode, self._parts, chunksize=1))

    def close(self) -> None:
        """End the processes."""
        self._pool.terminate()
        self._pool.join()


class Loaded:
    """Our loader with some workers, which are kept over epochs."""

    def __init__(self, kept: Kept, batch: int, workers: int) -> None:
        """Start nothing yet: workers start with the first epoch."""
        with nothing_kept(), environment("UNMASK_WORKERS", str(workers)):
            self._crops = Crops(read_manifest(kept.manifest), kept.shards, None)
            self._batches = Batches(lambda _: np.arange(len(self._crops)), batch, Share(0, 1))
            self._loader = loader(self._crops, self._batches, CPU)
        self._epoch = 0

    def __call__(self) -> float:
        """Take every crop once; give the processor's seconds."""
        before = _busy()
        self._epoch += 1
        self._batches.begin(self._epoch, 0)
        for _ in on(CPU, self._loader):
            pass
        return _busy() - before

    def close(self) -> None:
        """End the workers."""
        del self._loader


class Alone:
    """What the loader does, in this process: nothing is handed over."""

    def __init__(self, kept: Kept, batch: int) -> None:
        """Open the crops."""
        with nothing_kept():
            self._crops = Crops(read_manifest(kept.manifest), kept.shards, None)
        self._batch = batch

    def __call__(self) -> float:
        """Take every crop once; give the processor's seconds."""
        before = time.process_time()
        for start in range(0, len(self._crops), self._batch):
            self._crops.__getitems__([(1, row) for row in range(start, start + self._batch)])
        return time.process_time() - before

    def close(self) -> None:
        """Nothing is open."""


def decode(where: list[Where]) -> float:
    """Read and decode crops; give the processor's seconds."""
    started = time.process_time()
    files = {shard: os.open(shard, os.O_RDONLY) for shard in {shard for shard, _, _ in where}}
    for shard, offset, size in where:
        cv2.imdecode(np.frombuffer(os.pread(files[shard], size, offset), np.uint8), cv2.IMREAD_COLOR_RGB)
    for file in files.values():
        os.close(file)
    return time.process_time() - started


def measure(kept: Kept, batch: int, workers: int, turns: int) -> dict[str, Pace]:
    """Let a tight loop, the loader, and for a single worker also its work without handing over, take turns.

    Args:
        kept: Crops; all of them are decoded in each turn.
        batch: Crops of a batch.
        workers: Worker processes, and processes that run a tight loop beside each other.
        turns: How many after the first, which warms up.

    Returns:
        Pace of `tight`, `loader` and `alone`.
    """
    count = len(read_manifest(kept.manifest)) // batch * batch
    runners: dict[str, Tight | Loaded | Alone] = {"tight": Tight(kept, workers), "loader": Loaded(kept, batch, workers)}
    if workers == 1:
        runners["alone"] = Alone(kept, batch)
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runners}
    for turn in range(turns + 1):
        for name in sorted(runners, reverse=turn % 2 == 1):
            started = time.perf_counter()
            busy = runners[name]()
            if turn:
                taken[name].append(((time.perf_counter() - started) * workers / count, busy / count))
    for one in runners.values():
        one.close()
    return {name: Pace(*map(list, zip(*pairs, strict=True))) for name, pairs in taken.items()}


def _busy() -> float:
    """Give the processor's seconds of this process and its children, as far as they still run."""
    here = psutil.Process()
    times = [one.cpu_times() for one in (here, *here.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


@contextmanager
def nothing_kept() -> Iterator[None]:
    """Let no crop stay decoded in memory, as with data too large for it."""
    memory = data.MEMORY
    data.MEMORY = 0
    try:
        yield
    finally:
        data.MEMORY = memory


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """Set a variable for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
