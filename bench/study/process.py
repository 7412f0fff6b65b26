"""Experiments as processes: begun one after another, ended in time, and nothing is left of those that were killed."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

# Logs, and the lock.
ROOM = Path(".cache/study")
# Where DVC keeps the folders of experiments, and notes which is whose.
FOLDERS = Path(".dvc/tmp/exps")
# What DVC says when an experiment's folder is made, so that the next one may begin.
BEGUN = "Reproducing experiment"
SECONDS = 0.5


class Processes:
    """What runs; its lock is held by the one that begins, for two that begin at once take each other's changes."""

    def __init__(self, lock: int) -> None:
        """Take the file that every process holds open until it has ended."""
        self._lock = lock
        self._beginning = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()

    def run(self, words: Sequence[str], log: Path, minutes: float) -> str:
        """Run a command to its end, and say what went wrong.

        Args:
            words: The command.
            log: Gets what it says.
            minutes: How long it may take.
        """
        until = time.monotonic() + 60 * minutes
        with self._beginning, log.open("wb") as file:
            process = subprocess.Popen(
                words, stdout=file, stderr=file, env=environment(), start_new_session=True, pass_fds=[self._lock]
            )
            self._running.add(process)
            while process.poll() is None and BEGUN not in log.read_text("utf-8", "replace"):
                if time.monotonic() > until:
                    break
                time.sleep(SECONDS)
        try:
            process.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            end(process)
            return f"stopped after {minutes:g} minutes, see {log}; run again, and it goes on"
        finally:
            self._running.discard(process)
        return f"failed, see {log}" if process.returncode else ""

    def stop(self) -> None:
        """End everything that runs."""
        for process in list(self._running):
            end(process)


@contextmanager
def alone() -> Iterator[int]:
    """Wait until no other study runs here, and give the lock, a file's number.

    Whoever was started under it holds it too, so experiments of a killed study come to their end first.
    """
    ROOM.mkdir(parents=True, exist_ok=True)
    with (ROOM / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("another study runs here, or a killed one has experiments at work: waiting for their end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def clear(names: Collection[str]) -> None:
    """Remove the folders of experiments that did not come to their end; each is as large as the data."""
    for note in FOLDERS.glob("**/run/*/*.run"):
        said = json.loads(note.read_text(encoding="utf-8"))
        folder = Path(said["root_dir"]).resolve()
        if said["name"] in names and folder.is_relative_to(FOLDERS.resolve()):
            shutil.rmtree(folder, ignore_errors=True)


def environment() -> dict[str, str]:
    """Give the environment of an experiment: the code of its own folder, one thread, this project's work cache."""
    cache = os.environ.get("UNMASK_CACHE") or ".cache/unmask"
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "src",
        "PYTHONUNBUFFERED": "1",
        "DVC_NO_ANALYTICS": "1",
        "OMP_NUM_THREADS": "1",
        "UNMASK_CACHE": str(Path(cache).resolve()),
        "UNMASK_THREADS": "1",
        "UNMASK_TRACKERS": "",
        "UNMASK_WORKERS": "1",
    }


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tell(text: str) -> None:
    """Say how far it is, with the time of day."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stderr.flush()
