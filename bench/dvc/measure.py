"""Times of every command, in a scratch repository."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.dvc.commands import COMMANDS, dvc
from bench.dvc.material import EACH, Crops, crops

ROOT = Path(__file__).parents[2]


def create(repository: Path) -> None:
    """Make a repository with this one's settings, a remote beside its data, and a place of its own for DVC's notes."""
    repository.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=repository, check=True)
    dvc(repository, "init", "--quiet")
    shutil.copy(ROOT / ".dvc/config", repository / ".dvc/config")
    dvc(repository, "remote", "add", "--default", "--local", "near", str(repository / "remote"))
    dvc(repository, "config", "--local", "core.site_cache_dir", str(repository / "notes"))


def measure(repository: Path, write: Callable[[Path, Crops], None], videos: Crops, repeat: int) -> dict[str, float]:
    """Measure every command on one layout: the least of several runs."""
    create(repository)
    write(repository / "data", videos)
    found = {"add": dvc(repository, "add", "data")}
    for command in COMMANDS:
        seconds = []
        for _ in range(repeat):
            command.before(repository)
            seconds.append(dvc(repository, *command.words))
        found[command.name] = min(seconds)
        sys.stderr.write(f"{repository.name}: {command.name} {found[command.name]:.2f} s\n")
    more = videos | crops(EACH, first=len(videos))
    write(repository / "data", more)
    found["add and push one video more"] = dvc(repository, "add", "data") + dvc(repository, "push")
    return found
