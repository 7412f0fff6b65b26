"""The work cache: each finished video's result, kept by content, so that a killed run resumes where it stopped."""

import json
import os
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from stat import S_ISREG
from typing import Any

from unmask.hashing import digest
from unmask.parallel import each

HEADER = struct.Struct("<Q")
# Training keeps its checkpoints beside the results; it removes them itself.
CHECKPOINTS = "train"
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
    """What one task gave.

    Attributes:
        rows: Table rows (JSON-like values).
        blobs: Named binary pieces (clips, crops).
        keep: Whether the next run may take it from the cache; a failure that need not happen again may not.
    """

    rows: list[dict[str, Any]]
    blobs: dict[str, bytes] = field(default_factory=dict)
    keep: bool = True

    def pack(self) -> bytes:
        """Pack into bytes: length of the head, head as JSON, pieces one after another."""
        sizes = {name: len(data) for name, data in self.blobs.items()}
        head = json.dumps({"rows": self.rows, "blobs": sizes, "keep": self.keep}).encode()
        return b"".join([HEADER.pack(len(head)), head, *self.blobs.values()])

    @classmethod
    def unpack(cls, data: bytes) -> "Result":
        """Undo `pack`.

        Raises:
            ValueError: The bytes are cut short or are no packed result.
        """
        if len(data) < HEADER.size:
            raise ValueError("cut short")
        start = HEADER.size + HEADER.unpack_from(data)[0]
        head = json.loads(data[HEADER.size : start])
        blobs = {}
        for name, size in head["blobs"].items():
            blobs[name] = data[start : start + size]
            start += size
        if start != len(data):
            raise ValueError("cut short")
        return cls(head["rows"], blobs, head["keep"])


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

    A result that vanished from the cache, or was broken by a full disk, is made again.
    """
    places = {task.key: folder() / step / _name(version, task) for task in tasks}
    todo = [(task, places[task.key]) for task in tasks if not places[task.key].is_file()]
    for _ in each(partial(_finish, work), todo, desc=step):
        pass
    for task in sorted(tasks, key=lambda task: task.key):
        yield task, _read(places[task.key]) or _again(work, task, places[task.key])
    prune(limit(), keep={path.resolve() for path in places.values()})


def prune(size: int, keep: set[Path] | None = None) -> int:
    """Remove results, oldest use first, until the cache is no larger than `size` bytes.

    Returns:
        Number of results removed.
    """
    total, removed = 0, 0
    for _, bytes_, path in sorted(_results(), reverse=True):
        total += bytes_
        if total > size and path.resolve() not in (keep or set()):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _results() -> Iterator[tuple[int, int, Path]]:
    """Give time of last use, size and path of every result; checkpoints and files being written are not results."""
    for path in folder().rglob("*"):
        if path.name.startswith(".tmp-") or path.relative_to(folder()).parts[0] == CHECKPOINTS:
            continue
        with suppress(FileNotFoundError):  # another process prunes too
            stat = path.stat()
            if S_ISREG(stat.st_mode):
                yield stat.st_mtime_ns, stat.st_size, path


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
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _name(version: str, task: Task) -> Path:
    name = digest(version, task.key, task.content)
    return Path(name[:2]) / name


def _finish(work: Work, todo: tuple[Task, Path]) -> None:
    task, path = todo
    write_atomically(path, work(task.given).pack())


def _read(path: Path) -> Result | None:
    """Read a result and mark it as used; None if it is gone or broken."""
    try:
        result = Result.unpack(path.read_bytes())
        os.utime(path)
    except (OSError, ValueError, KeyError):
        return None
    if not result.keep:
        path.unlink(missing_ok=True)
    return result


def _again(work: Work, task: Task, path: Path) -> Result:
    result = work(task.given)
    if result.keep:
        write_atomically(path, result.pack())
    return result
