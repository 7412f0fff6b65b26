"""Run a command as a user would, and take its wall-clock seconds, processor seconds and memory."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

# Seconds between two looks at the memory of a tree of processes; each look takes the highest value so far.
LOOK = 0.02


@dataclass(frozen=True)
class Spent:
    """What a command took.

    Attributes:
        seconds: Wall-clock seconds from its start to its end.
        processor: Seconds of processor time of it and all processes it waited for.
        peak: Largest resident size that any one process of its tree had, in megabytes; 0 unless watched.
        said: What it printed.
    """

    seconds: float
    processor: float
    peak: float
    said: str


def run(words: Sequence[str], folder: Path, more: Mapping[str, str], watch: bool = False) -> Spent:
    """Run a command to its end.

    Args:
        words: The command.
        folder: Where it runs.
        more: Environment variables besides the present ones.
        watch: Whether to look at the memory of its processes.

    Raises:
        RuntimeError: It failed; with the end of what it said.
    """
    with TemporaryFile() as said, TemporaryFile() as wrong:
        began = time.perf_counter()
        process = subprocess.Popen(words, cwd=folder, env={**os.environ, **more}, stdout=said, stderr=wrong)
        done, peaks = threading.Event(), [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, done, peaks))
        if watch:
            watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        done.set()
        if watch:
            watcher.join()
        for file in (said, wrong):
            file.seek(0)
        if process.returncode:
            raise RuntimeError(f"{' '.join(words)} failed: {wrong.read().decode(errors='replace')[-2000:]}")
        return Spent(seconds, usage.ru_utime + usage.ru_stime, max(peaks), said.read().decode())


def _watch(pid: int, done: threading.Event, peaks: list[float]) -> None:
    """Note the highest resident size of each process below one, until it is done."""
    while not done.wait(LOOK):
        peaks[0] = max([peaks[0], *(_high(process) for process in _tree(pid))])


def _tree(root: int) -> Iterator[int]:
    """Give a process and all below it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold anything, so that counting begins behind it.
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except (OSError, ValueError):
            continue
    rest = [root]
    while rest:
        rest += parents.get(rest[0], [])
        yield rest.pop(0)


def _high(pid: int) -> float:
    """Give the highest resident size that a process had so far, in megabytes; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
