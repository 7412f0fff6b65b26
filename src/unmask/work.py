"""The work cache: each finished video's result, kept by content, so that a killed run resumes where it stopped."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from unmask.hashing import digest
from unmask.packing import pack, unpack
from unmask.parallel import as_finished, workers
from unmask.progress import Progress
from unmask.storage import folder, limit, prune, store

# A task is long by itself if it takes more than this part of what one worker has to do in all.
LONG = 16


@dataclass(frozen=True)
class Task:
    """One unit of work, usually one video.

    Attributes:
        key: Names the unit, such as the video key; results come sorted by it.
        content: Hash of everything the result depends on besides parameters and code.
        given: What the work function gets.
        cost: About how long it takes, in any unit (bytes of the file, frames); the long ones are begun first.
        shard: Name of the output shard that the result goes to, for the lines that tell of progress.
    """

    key: str
    content: str
    given: Any
    cost: float = 0
    shard: str = ""


@dataclass(frozen=True)
class Result:
    """What one task gave.

    Attributes:
        rows: Table rows (JSON-like values).
        blobs: Named binary pieces (clips, crops).
        keep: Whether the next run may take it from the cache; a failure that need not happen again may not.
        told: Counts for the progress bar (`{"faces": 8, "failed": 0}`); they are not kept.
    """

    rows: list[dict[str, Any]]
    blobs: dict[str, bytes] = field(default_factory=dict)
    keep: bool = True
    told: Mapping[str, int] = field(default_factory=dict)


Work = Callable[[Any], Result]


def run(
    step: str, version: str, work: Work, tasks: Sequence[Task], *, waits: bool = False
) -> Iterator[tuple[Task, Result]]:
    """Do every task that the cache does not hold yet, in parallel, and give all results.

    Args:
        step: The verb, for the cache's folder and the progress bar.
        version: Hash of the step's parameters and code.
        work: Picklable function from a task's `given` to its result. A task's failure is a result with a status;
            an exception ends the stage.
        tasks: All tasks of the stage.
        waits: Whether the work function only waits for the sandbox, so that threads can call it.

    Yields:
        Tasks, sorted by key, with their results.

    Raises:
        EngineError: Workers cannot be had, or died twice, or a variable is wrong; what is finished is kept.
        DataError: The work cache cannot be written.

    A result that vanished from the cache, or was broken by a full disk, is made again.
    """
    size, base = limit(), folder()  # wrong ones are told before the work, not after it
    places = {task.key: base / step / _name(version, task) for task in tasks}
    todo = _ordered([task for task in tasks if not places[task.key].is_file()])
    with Progress(step, [task.shard for task in tasks], [task.shard for task in todo]) as progress:
        items = {task.key: (task, places[task.key]) for task in todo}
        for key, told in as_finished(partial(_finish, work), items, progress.say, waits=waits):
            progress.add(items[key][0].shard, told)
    for task in sorted(tasks, key=lambda task: task.key):
        yield task, _read(places[task.key]) or _again(work, task, places[task.key])
    prune(size, keep={path.resolve() for path in places.values()})


def _name(version: str, task: Task) -> Path:
    name = digest(version, task.key, task.content)
    return Path(name[:2]) / name


def _ordered(tasks: Sequence[Task]) -> list[Task]:
    """Put tasks in the order in which they are begun: what is long by itself, then shard by shard, long ones first.

    A worker that begins a long task last keeps the others waiting; among short ones the order hardly matters.
    """
    long = sum(task.cost for task in tasks) / (LONG * workers())
    return sorted(tasks, key=lambda t: (t.cost <= long, t.shard * (t.cost <= long), -t.cost, t.key))


def _finish(work: Work, todo: tuple[Task, Path]) -> Mapping[str, int]:
    task, path = todo
    result = work(task.given)
    _keep(path, result)
    return result.told


def _keep(path: Path, result: Result) -> None:
    """Write a result; what a power cut tears is told by its check sum and made again."""
    store(path, pack({"rows": result.rows, "keep": result.keep}, result.blobs), durably=False)


def _read(path: Path) -> Result | None:
    """Read a result and mark it as used; None if it is gone or broken."""
    try:
        head, blobs = unpack(path.read_bytes())
        result = Result(head["rows"], blobs, head["keep"])
        os.utime(path)
    except (OSError, ValueError, KeyError):
        return None
    if not result.keep:
        path.unlink(missing_ok=True)
    return result


def _again(work: Work, task: Task, path: Path) -> Result:
    result = work(task.given)
    if result.keep:
        _keep(path, result)
    return result
