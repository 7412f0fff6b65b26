"""The one place where work is spread over processes; how many there are never changes a byte."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from joblib import Parallel, delayed
from tqdm import tqdm

Item = TypeVar("Item")
Result = TypeVar("Result")


def workers() -> int:
    """Give the number of worker processes: `UNMASK_WORKERS`, or the number of usable cores."""
    return int(os.environ.get("UNMASK_WORKERS", 0)) or len(os.sched_getaffinity(0))


def each(function: Callable[[Item], Result], items: Sequence[Item], *, desc: str) -> Iterator[Result]:
    """Apply a function to every item in worker processes with one thread each.

    Args:
        function: A picklable function of one item.
        items: All items; an item should be seconds of work, such as one video.
        desc: What the progress bar says.

    Yields:
        Results in the order of the items.
    """
    count = min(workers(), len(items)) or 1
    pool = Parallel(n_jobs=count, backend="loky" if count > 1 else "sequential", return_as="generator")
    results = pool(delayed(_alone)(function, item) for item in items)
    yield from tqdm(results, total=len(items), desc=desc, unit="", disable=not sys.stderr.isatty())


def _alone(function: Callable[[Item], Result], item: Item) -> Result:
    """Run with one thread: another number of threads changes the last bits of some sums."""
    os.environ["OMP_NUM_THREADS"] = "1"  # for libraries that the function is the first to import
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)
    if (cv2 := sys.modules.get("cv2")) is not None:
        cv2.setNumThreads(1)
    return function(item)
