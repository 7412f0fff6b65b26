"""The room: a folder in which crops are made, and every fold of every try; what is there is not made again."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.real.plan import Plan, changed
from project import ROOT, Project

from unmask.errors import DataError
from unmask.hashing import digest, file_sha256
from unmask.params import read_yaml
from unmask.train.recipe import ELSEWHERE

# Sections of params.yaml that crops depend on.
OF_CROPS = ("corpora", "extract", "detect", "crop")
READ = (*OF_CROPS, "split")
CORPUS = "clips"
FOLD = "bench.real.fold"


@dataclass(frozen=True)
class Job:
    """One fold of one try.

    Attributes:
        name: Of the try.
        fold: Number of the fold that tests.
        version: Of the code and of the table of clips.
        params: The sections of params.yaml that its results depend on.
        recipe: The recipe, without heads that are fitted elsewhere.
        out: Where its manifests, its model and its scores lie.
    """

    name: str
    fold: int
    version: str
    params: dict[str, Any]
    recipe: dict[str, Any]
    out: Path

    @property
    def text(self) -> str:
        """Give all that its results depend on."""
        return json.dumps([self.version, self.params, self.recipe], indent=1, sort_keys=True)

    @property
    def crops(self) -> str:
        """Name the crops that it is about."""
        return digest(self.version, [self.params[name] for name in OF_CROPS])[:12]

    @property
    def done(self) -> bool:
        """Tell whether its results are there."""
        settings = self.out / "settings.json"
        return settings.is_file() and settings.read_text(encoding="utf-8") == self.text


class Room:
    """A folder for everything that is made; it may be removed at any time."""

    def __init__(self, folder: Path, shared: Path) -> None:
        """Take a folder, which need not exist, and the folder with `data` and `weights`."""
        self._folder, self._shared = folder.resolve(), shared.resolve()

    def jobs(self, plan: Plan) -> Iterator[Job]:
        """Give every fold of every try."""
        params = {name: part for name, part in read_yaml(ROOT / "params.yaml").items() if name in READ}
        recipe = {name: part for name, part in read_yaml(_recipe(plan)).items() if name not in ELSEWHERE}
        version = self._version()
        for name, one in plan.tries.items():
            for fold in range(plan.folds):
                wanted = plan.params | one.params | {"split.folds": plan.folds, "split.fold": fold}
                out = self._folder / name / str(fold)
                yield Job(name, fold, version, changed(params, wanted), changed(recipe, one.recipe), out)

    def work_off(self, jobs: list[Job], at_a_time: int) -> None:
        """Do what is not done, some beside each other, each in one thread.

        Raises:
            DataError: Jobs failed; the others have been done.
        """
        left = [job for job in jobs if not job.done]
        places = {key: self._crops(job) for key, job in {job.crops: job for job in left}.items()}
        with ThreadPoolExecutor(at_a_time) as pool:
            said = pool.map(lambda job: self._do(job, places[job.crops]), left)
            if failed := [one for one in said if one]:
                raise DataError("\n".join(failed))

    def _version(self) -> str:
        """Hash the code, through which a fold runs nearly as a whole, and the table, with a hash of each clip."""
        index = self._shared / "data/index.csv"
        own = [Path(__file__).with_name(name) for name in ("fold.py", "blends.py")]
        files = [*sorted((ROOT / "src").rglob("*.py")), *own, *([index] if index.is_file() else [])]
        return digest([file_sha256(file) for file in files])

    def _crops(self, job: Job) -> Path:
        """Run the pipeline as far as crops, in a project for these crops alone."""
        folder = self._folder / "crops" / job.crops
        if not (folder / "ready").is_file():
            _tell(f"crops of {job.name}")
            shutil.rmtree(folder, ignore_errors=True)
            project = Project.create(folder)
            project.edit("params.yaml", {"rendered": []} | {name: job.params[name] for name in OF_CROPS})
            (folder / "data/00_raw" / CORPUS).symlink_to(self._shared / "data")
            # One cache for all: frames and faces are looked at once.
            (self._folder / "cache").mkdir(exist_ok=True)
            (folder / ".cache").mkdir()
            (folder / ".cache/unmask").symlink_to(self._folder / "cache")
            project.repro(f"crop@{CORPUS}")
            (folder / "ready").touch()
        return folder

    def _do(self, job: Job, crops: Path) -> str:
        """Do one job in a process of its own, and say what went wrong."""
        _tell(f"{job.name}, fold {job.fold}")
        job.out.mkdir(parents=True, exist_ok=True)
        (job.out / "job.json").write_text(json.dumps([job.params, job.recipe]), encoding="utf-8")
        beside = self._folder / "weights"
        if not beside.exists():
            beside.mkdir()
            weights = self._shared / "weights/mobilenetv2_100_imagenet_timm_same.safetensors"
            (beside / "mobilenetv2_100.safetensors").symlink_to(weights)
        known = os.environ | {"UNMASK_WORKERS": "1", "UNMASK_THREADS": "1", "OMP_NUM_THREADS": "1"}
        known |= {"UNMASK_CACHE": str(self._folder / "cache"), "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
        with (job.out / "log").open("wb") as log:
            words = [sys.executable, "-m", FOLD, str(job.out), str(crops / "data")]
            code = subprocess.run(words, cwd=self._folder, env=known, stdout=log, stderr=log, check=False).returncode
        if code:
            return f"{job.name}, fold {job.fold} failed, see {job.out / 'log'}"
        (job.out / "settings.json").write_text(job.text, encoding="utf-8")
        return ""


def _recipe(plan: Plan) -> Path:
    return ROOT / "recipes" / f"{plan.recipe}.yaml"


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")
