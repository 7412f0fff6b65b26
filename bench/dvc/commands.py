"""The commands of DVC that are measured, and the states of a repository in which they are."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """Something that is measured.

    Attributes:
        name: What it is called in the table.
        words: The command line behind `dvc`.
        before: Puts a repository into the state in which it is measured.
        judged: Whether the target is for it.
    """

    name: str
    words: tuple[str, ...]
    before: Callable[[Path], None] = lambda _: None
    judged: bool = True


def dvc(repository: Path, *words: str) -> float:
    """Run DVC, and give the seconds it took."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=repository, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"dvc {' '.join(words)} failed:\n{done.stderr}")
    return time.perf_counter() - start


def forget(repository: Path) -> None:
    """Remove what DVC noted about files, so that it must hash them again."""
    shutil.rmtree(repository / "notes", ignore_errors=True)
    shutil.rmtree(repository / ".dvc/tmp", ignore_errors=True)


def lose(repository: Path) -> None:
    """Remove the data; the cache stays."""
    shutil.rmtree(repository / "data")


def drop(repository: Path) -> None:
    """Remove the cache too, and all that was noted."""
    lose(repository)
    shutil.rmtree(repository / ".dvc/cache", ignore_errors=True)
    forget(repository)


def unpushed(repository: Path) -> None:
    """Empty the remote, and what was noted of it."""
    shutil.rmtree(repository / "remote", ignore_errors=True)
    forget(repository)
    dvc(repository, "status")


COMMANDS = (
    Command("status, nothing changed", ("status",)),
    Command("status, everything hashed again", ("status",), forget),
    Command("checkout", ("checkout",), lose),
    Command("push to an empty remote", ("push",), unpushed),
    Command("push, nothing new", ("push",)),
    Command("pull into a fresh clone", ("pull",), drop, judged=False),
)
