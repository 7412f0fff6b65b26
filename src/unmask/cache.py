"""What the work cache holds, for the person who wonders where the disk went."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from unmask.errors import DataError
from unmask.storage import CHECKPOINTS, GIGABYTE, PART, folder, limit, results

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
    held: dict[str, list[tuple[int, int, Path]]] = {}
    for one in sorted((*results(), *_checkpoints()), key=lambda one: one[2]):
        held.setdefault(_step(one[2]), []).append(one)
    return {
        step: Usage(len(found), sum(size for _, size, _ in found), *_span([at / 1e9 for at, _, _ in found]))
        for step, found in held.items()
    }


def clear(step: str) -> int:
    """Remove all results of one step, or the checkpoints of trainings that were interrupted, and nothing else.

    Returns:
        Number of files removed.

    Raises:
        DataError: The cache holds nothing of this step.
    """
    held = usage()
    if step not in held:
        there = f"it holds {', '.join(held)}" if held else "it is empty"
        raise DataError(f"The work cache in {folder()} holds nothing of `{step}`; {there}.")
    for _, _, path in (*results(), *_checkpoints()):
        if _step(path) == step:
            path.unlink(missing_ok=True)
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


def _step(path: Path) -> str:
    return path.relative_to(folder()).parts[0]


def _checkpoints() -> Iterator[tuple[int, int, Path]]:
    """Give time of last use, size and path of the checkpoints of trainings."""
    for path in (folder() / CHECKPOINTS).rglob("*"):
        with suppress(FileNotFoundError):  # a training ends
            if path.is_file() and not path.name.startswith(PART):
                stat = path.stat()
                yield stat.st_mtime_ns, stat.st_size, path


def _span(times: Sequence[float]) -> tuple[float, float]:
    return min(times), max(times)
