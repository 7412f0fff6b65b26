"""What the work cache holds, for the person who wonders where the disk went."""

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from stat import S_ISREG

from unmask.errors import DataError
from unmask.work import GIGABYTE, PART, folder, limit

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Usage:
    """What the cache holds of one step.

    Attributes:
        count: Number of results; of training, files of checkpoints.
        size: Their bytes.
        oldest: When the one that was unused for longest was last used, in seconds since 1970.
        newest: When the latest one was used.
    """

    count: int
    size: int
    oldest: float
    newest: float


def usage() -> dict[str, Usage]:
    """Tell what the cache holds of each step; a step without results is left out."""
    stats: dict[str, list[os.stat_result]] = {}
    for path in sorted(folder().glob("*/**/*")):
        with suppress(FileNotFoundError):  # another process prunes
            stat = path.stat()
            if S_ISREG(stat.st_mode) and not path.name.startswith(PART):
                stats.setdefault(path.relative_to(folder()).parts[0], []).append(stat)
    return {
        step: Usage(len(found), sum(s.st_size for s in found), *_span([s.st_mtime for s in found]))
        for step, found in stats.items()
    }


def clear(step: str) -> int:
    """Remove all results of one step, or the checkpoints of trainings that were interrupted.

    Returns:
        Number of files removed.

    Raises:
        DataError: The cache holds nothing of this step.
    """
    held = usage()
    if step not in held:
        there = f"it holds {', '.join(held)}" if held else "it is empty"
        raise DataError(f"The work cache in {folder()} holds nothing of `{step}`; {there}.")
    shutil.rmtree(folder() / step)
    return held[step].count


def told() -> list[str]:
    """Say where the cache lies, what it holds of each step, and up to which size it keeps results."""
    held = usage()
    if not held:
        there = "is empty" if folder().is_dir() else "does not exist yet"
        return [f"The work cache {folder()} {there}; the first step that runs fills it."]
    lines = [f"{'step':<10}{'results':>9}{'MB':>10}   {'oldest use':<18}newest use"]
    for step, used in held.items():
        oldest, newest = (time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) for at in (used.oldest, used.newest))
        lines.append(f"{step:<10}{used.count:>9}{used.size / MEGABYTE:>10.1f}   {oldest:<18}{newest}")
    size = sum(used.size for used in held.values()) / GIGABYTE
    return [
        *lines,
        "",
        f"{size:.2f} GB in {folder()}, of at most {limit() / GIGABYTE:g} (UNMASK_CACHE, UNMASK_CACHE_GB).",
    ]


def _span(times: Sequence[float]) -> tuple[float, float]:
    return min(times), max(times)
