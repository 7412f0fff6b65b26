"""The work cache on disk: where it lies, how large it may grow, and how a file gets there in full or not at all."""

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path
from stat import S_ISREG

from unmask.errors import DataError, EngineError

# Training keeps its checkpoints beside the results; it removes them itself.
CHECKPOINTS = "train"
GIGABYTE = 1 << 30
# How the names of files begin that are being written. One that is a day old was left by a killed run.
PART = ".tmp-"
# How the names of results look. Nothing else is touched, for the folder that the user names may hold other things.
RESULT = re.compile("[0-9a-f]{64}")
DAY = 24 * 60 * 60


def folder() -> Path:
    """Give the folder of the work cache: `UNMASK_CACHE`, or `.cache/unmask` below the working directory.

    Raises:
        DataError: It, or what it should lie in, is no folder.
    """
    path = Path(os.environ.get("UNMASK_CACHE") or ".cache/unmask")
    there = next((one for one in (path, *path.parents) if one.exists()), path)
    if there.exists() and not there.is_dir():
        raise DataError(f"The work cache cannot be {path}, for {there} is a file; name a folder in UNMASK_CACHE.")
    return path


def limit() -> int:
    """Give the size in bytes up to which results are kept: `UNMASK_CACHE_GB` gigabytes, or 20.

    Raises:
        EngineError: It is no such number.
    """
    return gigabytes("UNMASK_CACHE_GB", os.environ.get("UNMASK_CACHE_GB") or "20")


def gigabytes(name: str, text: str) -> int:
    """Read a number of gigabytes, as bytes.

    Raises:
        EngineError: It is no such number.
    """
    with suppress(ValueError):
        if 0 <= (size := float(text) * GIGABYTE) < inf:
            return int(size)
    raise EngineError(f"{name} is `{text}`; it must be a number of gigabytes, 0 or more.")


def prune(size: int, keep: set[Path] | None = None) -> int:
    """Remove results, oldest use first, until the cache is no larger than `size` bytes.

    What killed runs left half written goes too, after a day.

    Returns:
        Number of results removed.
    """
    for path in folder().glob(f"*/*/{PART}*"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > DAY:
                path.unlink()
    total, removed = 0, 0
    for _, bytes_, path in sorted(results(), reverse=True):
        total += bytes_
        if total > size and path.resolve() not in (keep or set()):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def results() -> Iterator[tuple[int, int, Path]]:
    """Give time of last use, size and path of every result; checkpoints and files being written are not results."""
    for path in folder().glob("*/??/*"):
        if not RESULT.fullmatch(path.name) or path.parent.name != path.name[:2]:
            continue
        with suppress(FileNotFoundError):  # another process prunes too
            stat = path.stat()
            if S_ISREG(stat.st_mode):
                yield stat.st_mtime_ns, stat.st_size, path


def write_atomically(path: Path, data: bytes, *, durably: bool = True) -> None:
    """Write a file so that it is there in full or not at all, also when the process is killed.

    Args:
        path: Its folder is made when needed.
        data: Its content.
        durably: Whether that holds for a power cut too, which costs a wait for the disk.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durably:
                file.flush()
                os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def store(path: Path, data: bytes, *, durably: bool = True) -> None:
    """Write a file of the work cache; see `write_atomically`.

    Raises:
        DataError: It cannot be written.
    """
    try:
        write_atomically(path, data, durably=durably)
    except OSError as error:
        raise DataError(
            f"{path} in the work cache cannot be written ({error.strerror}). Make room (`unmask cache --prune`), or "
            "put it elsewhere with UNMASK_CACHE. What is finished is kept."
        ) from error
