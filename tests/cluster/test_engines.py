"""Where work is done changes no byte: one process, two, a real Dask scheduler with workers, and a real Ray cluster."""

import hashlib
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from cluster.processes import BIN, ROOT, free_port, process
from project import Project
from squares import SQUARES, choose, squares
from tiny_clips import person
from tiny_video import write_video

from unmask.cluster import ray as ray_engine
from unmask.errors import EngineError

# Each stage as from its command line, all in one process.
STAGES = """
import runpy, sys
for words in sys.argv[1:]:
    script, *options = words.split()
    sys.argv = [script, *options]
    runpy.run_path(script, run_name="__main__")
"""


def command(verb: str, out: str) -> str:
    """Write the command line of a stage, with those options that it has."""
    step = inspect.signature(getattr(import_module(f"unmask.{verb}.step"), verb)).parameters
    places = {
        "root": "data/00_raw/tiny",
        "videos": "data/index/tiny",
        "frames": f"{out}/extract/tiny",
        "faces": f"{out}/detect/tiny",
        "tables": f"{out}/crop/tables/tiny",
        "shards": f"{out}/crop/shards/tiny",
        "out": f"data/{verb}/tiny" if verb == "index" else f"{out}/{verb}/tiny",
    }
    script = next((ROOT / "stages").glob(f"*_{verb}.py"))
    return " ".join([str(script), *(f"--{name} {place}" for name, place in places.items() if name in step)])


def stages(folder: Path, out: str, *verbs: str, **environment: str) -> str:
    """Run stages in a project's folder with an empty work cache; give what they said."""
    done = subprocess.run(
        [sys.executable, "-c", STAGES, *(command(verb, out) for verb in verbs)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "UNMASK_CACHE": f"cache-{out}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


FROM_EXTRACT = ("extract", "detect", "crop")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a project with five small videos, one of them broken, and what one worker makes of them."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "params.yaml", folder)
    changes = {"corpora": {"tiny": {"layout": "folder"}}, "extract.shards": 2, "crop.shards": 2}
    Project(folder).edit("params.yaml", changes)
    raw = folder / "data" / "00_raw" / "tiny"
    for number, label in enumerate(["real", "real", "fake", "fake"]):
        frames = person(str(number)).frames
        write_video(raw / label / f"{number}.mp4", 4, lambda n, frames=frames: frames[n])  # type: ignore[misc]
    broken = (raw / "real" / "0.mp4").read_bytes()
    (raw / "fake" / "broken.mp4").write_bytes(broken[: len(broken) // 2])
    stages(folder, "one", "index", *FROM_EXTRACT, UNMASK_WORKERS="1")
    assert len(contents(folder / "one")) >= 7
    return folder


def test_two_workers_give_the_bytes_of_one(project: Path) -> None:
    said = stages(project, "two", *FROM_EXTRACT, UNMASK_WORKERS="2")
    assert contents(project / "two") == contents(project / "one")
    for verb in FROM_EXTRACT:
        assert re.search(rf"{verb}: shard 2 of 2 done, 4 of 4 videos, 16 (frames|faces), 0 failed", said), said


@pytest.mark.slow
def test_dask_gives_the_same_bytes(project: Path, dask: str) -> None:
    stages(project, "dask", *FROM_EXTRACT, UNMASK_ENGINE="dask", UNMASK_ADDRESS=dask)
    assert contents(project / "dask") == contents(project / "one")


@pytest.mark.slow
def test_ray_gives_the_same_bytes(project: Path, ray: str) -> None:
    stages(project, "ray", *FROM_EXTRACT, UNMASK_ENGINE="ray", UNMASK_ADDRESS=ray)
    assert contents(project / "ray") == contents(project / "one")


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("distributed"), reason="the package distributed is not installed")
def test_the_slurm_script_gives_the_same_bytes(project: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text()
    script = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)[0].replace("8786", str(free_port()))
    (tmp_path / "unmask.sbatch").write_text(script)
    # What a Slurm job has, as far as the script uses it; `dvc repro` becomes the stages themselves.
    steps = [command(verb, "slurm") for verb in FROM_EXTRACT]
    stand_ins = {
        "hostname": "echo 127.0.0.1",
        "srun": 'exec "$@"',
        "dvc": f"exec {sys.executable} -c {shlex.quote(STAGES)} {shlex.join(steps)}",
    }
    for name, line in stand_ins.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{line}\n")
        (tmp_path / name).chmod(0o755)
    job = {"SLURM_SUBMIT_DIR": str(project), "TMPDIR": str(tmp_path), "UNMASK_CACHE": "cache-slurm"}
    job["PATH"] = f"{tmp_path}:{BIN}:{os.environ['PATH']}"
    with process("bash", "unmask.sbatch", log=tmp_path / "log", **job) as run:
        assert run.wait(300) == 0, (tmp_path / "log").read_text()
    assert contents(project / "slurm") == contents(project / "one")


@pytest.mark.slow
def test_on_dask_too(tmp_path: Path, dask: str, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "dask", dask)
    assert squares(tmp_path, "die once") == SQUARES
    with pytest.raises(KeyError, match="three"):
        squares(tmp_path, "fail")
    with pytest.raises(EngineError, match=r"lost twice \(KilledWorker.*at .*v3"):
        squares(tmp_path, "die")


@pytest.mark.slow
def test_on_ray_too(tmp_path: Path, ray: str, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "ray", ray)
    assert squares(tmp_path, "die once") == SQUARES
    with pytest.raises(KeyError, match="three"):
        squares(tmp_path, "fail")
    monkeypatch.setattr(ray_engine, "RETRIES", 0)
    with pytest.raises(EngineError, match=r"lost twice \(WorkerCrashedError.*at .*v3"):
        squares(tmp_path, "die")
