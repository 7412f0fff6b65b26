"""A small copy of the project in a folder of its own, with git and DVC as users have them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
PARTS = ("src", "stages", "recipes", "dvc.yaml", "params.yaml", ".dvcignore", ".gitignore")


class Project:
    """One working copy; every method acts in its folder."""

    def __init__(self, folder: Path) -> None:
        """Take a folder that is, or will be, a working copy."""
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> "Project":
        """Copy the project, without data, and make it a git and DVC repository."""
        folder.mkdir(parents=True)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
            else:
                shutil.copy(source, folder / part)
        (folder / "data/00_raw").mkdir(parents=True)
        for kept in ("data/00_raw/.gitkeep", "data/kept_splits.csv"):
            shutil.copy(ROOT / kept, folder / kept)
        (folder / ".dvc").mkdir()
        shutil.copy(ROOT / ".dvc" / "config", folder / ".dvc" / "config")
        project = cls(folder)
        project.run("git", "init", "-q")
        project.commit("start")
        return project

    def copy(self, folder: Path) -> "Project":
        """Copy everything, data and caches included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)

    def run(self, *words: str, check: bool = True, workers: int = 2) -> subprocess.CompletedProcess[str]:
        """Run a command as in a shell whose environment holds unmask.

        Args:
            words: The command.
            check: Whether a failure is an error, with the end of what was printed.
            workers: Number of worker processes.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "UNMASK_", "GIT_"))}
        kept |= {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder / "src"),
            "GIT_AUTHOR_NAME": "t",
            "GIT_AUTHOR_EMAIL": "t@t",
            "GIT_COMMITTER_NAME": "t",
            "GIT_COMMITTER_EMAIL": "t@t",
            "UNMASK_WORKERS": str(workers),
        }
        done = subprocess.run(words, cwd=self.folder, env=kept, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(words)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return done

    def commit(self, message: str) -> None:
        """Commit everything that git does not ignore."""
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "--allow-empty", "-m", message)

    def repro(self, *words: str, workers: int = 2) -> set[str]:
        """Run `dvc repro`.

        Returns:
            Names of the stages that ran.
        """
        done = self.run("dvc", "repro", *words, workers=workers)
        return set(re.findall(r"Running stage '([^']+)'", done.stdout + done.stderr))

    def read(self, file: str) -> Any:
        """Read a YAML file."""
        return YAML(typ="safe").load((self.folder / file).read_text())

    def edit(self, file: str, changes: dict[str, Any]) -> None:
        """Set keys, given as dotted paths, in a YAML file; comments stay."""
        yaml = YAML()
        path = self.folder / file
        values = yaml.load(path.read_text())
        for key, value in changes.items():
            *above, last = key.split(".")
            place = values
            for name in above:
                place = place[name]
            place[last] = value
        yaml.dump(values, path)

    def replace(self, file: str, old: str, new: str) -> None:
        """Replace text that must be there in a file."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1))

    def outputs(self) -> dict[str, str]:
        """Give the hash of every data output in `dvc.lock`."""
        stages = self.read("dvc.lock")["stages"]
        return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", [])}
