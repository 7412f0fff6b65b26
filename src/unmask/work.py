"""The work cache: each finished video's result, kept by content, so that a killed run resumes where it stopped."""

import json
import os
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from unmask.errors import DataError
from unmask.hashing import digest
from unmask.parallel import each

HEADER = struct.Struct("<Q")
GIGABYTE = 1 << 30


@dataclass(frozen=True)
class Task:
    """One unit of work, usually one video.

    Attributes:
        key: Names the unit, such as the video key; results come sorted by it.
        content: Hash of everything the result depends on besides parameters and code.
        given: What the work function gets.
    """

    key: str
    content: str
    given: Any


@dataclass(frozen=True)
class Result:
    """What one task gave: table rows (JSON-like values) and named binary pieces (clips, crops)."""

    rows: list[dict[str, Any]]
    blobs: dict[str, bytes] = field(default_factory=dict)

    def pack(self) -> bytes:
        """Pack into bytes: length of the head, head as JSON, pieces one after another."""
        head = json.dumps({"rows": self.rows, "blobs": {name: len(data) for name, data in self.blobs.items()}}).encode()
        return b"".join([HEADER.pack(len(head)), head, *self.blobs.values()])

    @classmethod
    def unpack(cls, data: bytes) -> "Result":
        """Undo `pack`."""
        start = HEADER.size + HEADER.unpack_from(data)[0]
        head = json.loads(data[HEADER.size : start])
        blobs = {}
        for name, size in head["blobs"].items():
            blobs[name] = data[start : start + size]
            start += size
        return cls(head["rows"], blobs)


Work = Callable[[Any], Result]


def folder() -> Path:
    """Give the folder of the work cache: `UNMASK_CACHE`, or `.cache/unmask` below the working directory."""
    return Path(os.environ.get("UNMASK_CACHE", ".cache/unmask"))


def limit() -> int:
    """Give the size in bytes up to which results are kept: `UNMASK_CACHE_GB` gigabytes, or 20."""
    return int(float(os.environ.get("UNMASK_CACHE_GB", 20)) * GIGABYTE)


def run(step: str, version: str, work: Work, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
    """Do every task that the cache does not hold yet, in parallel, and give all results.

    Args:
        step: The verb, for the cache's folder and the progress bar.
        version: Hash of the step's parameters and code.
        work: Picklable function from a task's `given` to its result. A task's failure is a result with a status;
            an exception ends the stage.
        tasks: All tasks of the stage.

    Yields:
        Tasks, sorted by key, with their results.

    Raises:
        DataError: A result vanished from the cache while the stage ran.
    """
    places = {task.key: folder() / step / _name(version, task) for task in tasks}
    todo = [(task, places[task.key]) for task in tasks if not places[task.key].is_file()]
    for _ in each(partial(_finish, work), todo, desc=step):
        pass
    for task in sorted(tasks, key=lambda task: task.key):
        yield task, _read(places[task.key])
    prune(limit(), keep={path.resolve() for path in places.values()})


def prune(size: int, keep: set[Path] | None = None) -> int:
    """Remove results, oldest use first, until the cache is no larger than `size` bytes.

    Returns:
        Number of results removed.
    """
    files = sorted(((p.stat().st_mtime_ns, p) for p in folder().rglob("*") if p.is_file()), reverse=True)
    total, removed = 0, 0
    for _, path in files:
        total += path.stat().st_size
        if total > size and path.resolve() not in (keep or set()):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def usage() -> dict[str, tuple[int, int]]:
    """Tell for each step how many results the cache holds and their size in bytes."""
    steps = sorted(p for p in folder().glob("*") if p.is_dir())
    sizes = {step.name: [p.stat().st_size for p in step.rglob("*") if p.is_file()] for step in steps}
    return {step: (len(found), sum(found)) for step, found in sizes.items()}


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it is there in full or not at all, also when the process is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    Path(name).replace(path)


def _name(version: str, task: Task) -> Path:
    name = digest(version, task.key, task.content)
    return Path(name[:2]) / name


def _finish(work: Work, todo: tuple[Task, Path]) -> None:
    task, path = todo
    write_atomically(path, work(task.given).pack())


def _read(path: Path) -> Result:
    try:
        data = path.read_bytes()
        os.utime(path)
    except FileNotFoundError:
        raise DataError(f"{path} was removed from the work cache while the stage ran; run it again.") from None
    return Result.unpack(data)
