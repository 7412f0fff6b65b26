"""The command line of a stage: options from the signature, and one message for a user's mistake."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, Project

SCRIPTS = sorted(Path("stages").glob("*.py"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_tells_what_it_does(script: Path) -> None:
    done = run(str(script), "--help")
    assert done.returncode == 0
    assert "--out" in done.stdout or "--tables" in done.stdout or "--train" in done.stdout


def index(project: Path, out: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(ROOT / "stages/10_index.py"), "--root", "raw", "--out", out]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment}
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=project, env=environment)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with parameters and a corpus of two files that are no videos."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    Project(tmp_path).edit("params.yaml", {"corpora": {"mine": {"layout": "folder"}}})
    for name in ("real", "fake"):
        (tmp_path / "raw" / name).mkdir(parents=True)
        (tmp_path / "raw" / name / "a.mp4").write_text("no video")
    return tmp_path


def test_what_the_disk_refuses_is_one_message(project: Path) -> None:
    (project / "file").touch()
    (project / "table/mine/videos.parquet").mkdir(parents=True)
    for out, said in (
        ("file/mine", "file/mine cannot be made or read, for a file stands where a folder should be"),
        ("table/mine", "table/mine/videos.parquet is a folder, and should be a file"),
        (f"{'x' * 300}/mine", "is too long a name"),
    ):
        done = index(project, out)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert said in done.stderr.splitlines()[-1]


def test_a_work_cache_that_is_a_file_is_told_before_the_work(project: Path) -> None:
    done = index(project, "out/mine", UNMASK_CACHE="params.yaml")
    said = "error: The work cache cannot be params.yaml, for params.yaml is a file; name a folder in UNMASK_CACHE.\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_mistake_is_one_message_without_traceback(tmp_path: Path) -> None:
    folders = {"--frames": tmp_path / "nowhere", "--root": tmp_path, "--out": tmp_path / "out"}
    done = run("stages/30_detect.py", *(str(word) for pair in folders.items() for word in pair))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert str(tmp_path / "nowhere") in done.stderr
    assert "Traceback" not in done.stderr
