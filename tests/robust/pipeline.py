"""A folder with a corpus of one's own, in which the stage commands run as `dvc repro` runs them, and can be killed."""

import os
import shlex
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from ruamel.yaml import YAML

from unmask.hashing import file_sha256

ROOT = Path.cwd()  # pytest runs from the repository's root
MARK = "UNMASK_TEST_RUN"
CORPUS = "tiny"
# Where libraries write for a while.
SCRATCH = ("TMPDIR", "HOME", "JOBLIB_TEMP_FOLDER")
CHAIN = ("index", "extract", "detect", "crop")


def settings() -> dict[str, Any]:
    """Read the repository's `params.yaml`."""
    found: dict[str, Any] = YAML(typ="safe").load((ROOT / "params.yaml").read_text())
    return found


class Pipeline:
    """One folder, one corpus, and a mark by which every process is known that its commands leave behind."""

    def __init__(self, folder: Path, raw: Path, changes: Mapping[str, Any] | None = None, workers: int = 2) -> None:
        """Write `params.yaml`: the repository's, for one corpus of the layout `folder`.

        Args:
            folder: Where everything goes.
            raw: The corpus, with the folders `real` and `fake`.
            changes: Values by dotted path; a path that params.yaml does not have is an error.
            workers: Number of worker processes.
        """
        self.folder, self.workers = folder, workers
        self.mark = uuid.uuid4().hex
        self.cache = folder / "cache"
        (folder / "data/00_raw").mkdir(parents=True)
        (folder / "data/00_raw" / CORPUS).symlink_to(raw)
        params = settings()
        params |= {"rendered": [], "corpora": {CORPUS: {"layout": "folder"}}}
        for path, value in (changes or {}).items():
            section, _, key = path.partition(".")
            assert key in params[section], f"params.yaml has no {path}"
            params[section][key] = value
        with (folder / "params.yaml").open("w") as file:
            YAML().dump(params, file)

    def start(self, verb: str) -> "subprocess.Popen[str]":
        """Start a stage with the command of `dvc.yaml`, as the leader of a process group."""
        stage = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text())["stages"][verb]["do"]["cmd"]
        words = shlex.split(Template(stage.replace("${key}", "$key")).substitute(key=CORPUS))
        words = [sys.executable, str(ROOT / words[1]), *words[2:]]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("UNMASK_")}
        kept |= {"PYTHONPATH": str(ROOT / "src"), "UNMASK_WORKERS": str(self.workers), MARK: self.mark}
        kept |= {"UNMASK_CACHE": str(self.cache)} | dict.fromkeys(SCRATCH, str(self.scratch))
        return subprocess.Popen(
            words, cwd=self.folder, env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip

    @property
    def scratch(self) -> Path:
        """Folder for what libraries write for a while."""
        folder = self.folder / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def run(self, *verbs: str, check: bool = True, seconds: float = 300) -> "subprocess.CompletedProcess[str]":
        """Run stages to their end, one after another, and see that no process is left.

        Args:
            verbs: The stages.
            check: Whether a failure is an error.
            seconds: After so many seconds a stage hangs, which is an error always.
        """
        for verb in verbs:
            process = self.start(verb)
            try:
                out, err = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired as hang:
                os.killpg(process.pid, signal.SIGKILL)
                raise AssertionError(f"{verb} hangs; it said: {hang.stderr!r}") from None
            done = subprocess.CompletedProcess(verb, process.returncode, out, err)
            assert not check or not done.returncode, f"{verb} failed:\n{err[-4000:]}"
            self.wait_until_alone()
        return done

    def processes(self) -> list[int]:
        """List the processes that carry the mark and have not ended."""
        return [number for number in _numbers() if self._is_ours(number)]

    def wait_until_alone(self, seconds: float = 20) -> None:
        """Wait until no process is left.

        Raises:
            AssertionError: Some still run after so many seconds; they are killed.
        """
        deadline = time.monotonic() + seconds
        while left := self.processes():
            if time.monotonic() > deadline:
                told = {number: Path(f"/proc/{number}/cmdline").read_bytes()[-200:] for number in left}
                for number in left:
                    os.kill(number, signal.SIGKILL)
                raise AssertionError(f"processes outlived their stage: {told}")
            time.sleep(0.02)

    def _is_ours(self, number: int) -> bool:
        try:
            # A process that has ended and waits to be collected has no environment.
            return f"{MARK}={self.mark}".encode() in Path(f"/proc/{number}/environ").read_bytes().split(b"\0")
        except OSError:
            return False

    def outputs(self, verb: str = "") -> dict[str, str]:
        """Give the hash of every file that the stages, or one of them, wrote."""
        found = [path for path in self.folder.glob(f"data/[1-9]?_{verb or '*'}/**/*") if path.is_file()]
        return {str(path.relative_to(self.folder)): file_sha256(path) for path in found}

    def results(self, verb: str) -> dict[str, int]:
        """Give the results of a stage in the work cache: name and inode, which is another when it was made again."""
        found = [path for path in (self.cache / verb).glob("*/*") if not path.name.startswith(".tmp-")]
        return {path.name: path.stat().st_ino for path in found}


def _numbers() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208, called often
