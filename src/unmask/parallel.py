"""The one place where work is spread over processes or machines; where it runs never changes a byte."""

import os
import pickle
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import cache, partial
from typing import Any, TypeVar

from tqdm import tqdm

from unmask.errors import EngineError, WorkersLostError
from unmask.orphans import end_with

Item = TypeVar("Item")
Result = TypeVar("Result")

ENGINES = ("loky", "dask", "ray")


def workers() -> int:
    """Give the number of worker processes: `UNMASK_WORKERS`, or the number of usable cores.

    Raises:
        EngineError: `UNMASK_WORKERS` is no positive whole number.
    """
    return wanted() or len(os.sched_getaffinity(0))


def wanted() -> int | None:
    """Give the number in `UNMASK_WORKERS`; None if it is not set."""
    text = os.environ.get("UNMASK_WORKERS") or "0"
    if not text.isdecimal():
        raise EngineError(f"UNMASK_WORKERS is `{text}`; it must be a whole number of workers, or 0 for every core.")
    return int(text) or None


def engine() -> str:
    """Give the name of the engine: `UNMASK_ENGINE`, or loky, which starts processes on this machine.

    Raises:
        EngineError: There is no such engine.
    """
    name = os.environ.get("UNMASK_ENGINE") or ENGINES[0]
    if name not in ENGINES:
        raise EngineError(f"UNMASK_ENGINE is `{name}`; it can be {', '.join(ENGINES[:-1])} or {ENGINES[-1]}.")
    return name


def each(function: Callable[[Item], Result], items: Sequence[Item], *, desc: str) -> Iterator[Result]:
    """Apply a function to every item in worker processes with one thread each, under a progress bar.

    Args:
        function: A picklable function of one item.
        items: All items; an item should be seconds of work, such as one video.
        desc: What the progress bar says.

    Yields:
        Results in the order of the items.
    """
    named = {str(number): item for number, item in enumerate(items)}
    found = as_finished(function, named, partial(tqdm.write, file=sys.stderr))
    done = dict(tqdm(found, total=len(items), desc=desc, unit="", disable=not sys.stderr.isatty()))
    yield from (done[name] for name in named)


def as_finished(
    function: Callable[[Item], Result], items: Mapping[str, Item], say: Callable[[str], object], *, waits: bool = False
) -> Iterator[tuple[str, Result]]:
    """Apply a function to every item; when a worker dies, what is left is begun once more with half as many.

    Args:
        function: A picklable function of one item.
        items: All items by name, in the order in which they are to be begun.
        say: Is told that a worker has died.
        waits: Whether the function only waits for the sandbox: then, on this machine, threads do what processes would.

    Yields:
        Name of the item and its result, whichever is finished first.

    Raises:
        EngineError: The engine is not there, or workers died twice.
    """
    left, count = dict(items), workers()
    try:
        for name, result in _as_finished(function, left, min(count, len(left)), waits):
            del left[name]
            yield name, result
        return
    except WorkersLostError as error:
        say(f"a worker was lost ({error}); what is not finished is begun once more.")
    count = max(count // 2, 2)  # with a single one, joblib would work in this process, which must not die
    try:
        for name, result in _as_finished(function, left, count, waits):
            del left[name]
            yield name, result
    except WorkersLostError as error:
        raise EngineError(
            f"Workers were lost twice ({error}), the last time probably at {' or '.join(list(left)[:count])}; "
            f"{len(items) - len(left)} of {len(items)} are finished. Run it again to do the others. If memory ran out, "
            "use fewer workers: UNMASK_WORKERS=1."
        ) from error


def _as_finished(
    function: Callable[[Item], Result], items: Mapping[str, Item], count: int, waits: bool
) -> Iterator[tuple[str, Result]]:
    if not items:
        return
    if engine() == "loky" and count == 1:  # such as one video more; joblib takes a while to import
        yield from (_alone(function, name, item) for name, item in list(items.items()))
        return
    from joblib import delayed

    calls = (delayed(_alone)(function, name, item) for name, item in list(items.items()))
    try:
        yield from _pool(count, waits)(calls)
    except BrokenProcessPool as error:
        signals = re.findall(r"\w+\(-?\d+\)", str(error))
        raise WorkersLostError(", ".join(signals) or type(error).__name__) from None


def _pool(count: int, waits: bool) -> Any:
    """Give joblib's `Parallel` for the chosen engine."""
    if (name := engine()) != "loky":
        from unmask.cluster.pool import pool  # takes half a second

        return pool(name, os.environ.get("UNMASK_ADDRESS", ""), wanted())
    from joblib import Parallel

    if waits:
        return Parallel(n_jobs=count, backend="threading", return_as="generator_unordered")
    # Workers begin by watching their parent.
    watch: dict[str, Any] = {"initializer": end_with, "initargs": (os.getpid(),)}
    return Parallel(n_jobs=count, backend="loky", return_as="generator_unordered", inner_max_num_threads=1, **watch)


def _alone(function: Callable[[Item], Result], name: str, item: Item) -> tuple[str, Result]:
    """Run with one thread: another number of threads changes the last bits of some sums."""
    _one_thread()
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)
    if (cv2 := sys.modules.get("cv2")) is not None:
        cv2.setNumThreads(1)
    try:
        return name, function(item)
    except Exception as error:
        if _travels(error):
            raise
        raise RuntimeError(f"{type(error).__name__}: {error}") from None


@cache
def _one_thread() -> None:
    from threadpoolctl import threadpool_limits

    os.environ["OMP_NUM_THREADS"] = "1"  # for libraries that the function is the first to import
    threadpool_limits(1, user_api="blas")  # for those that are there already


def _travels(error: Exception) -> bool:
    """Tell whether an exception can be sent to another process; one that cannot would break the pool."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True
