"""The command line of a stage: options from the signature, and one message for a user's mistake."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted(Path("stages").glob("*.py"))


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_tells_what_it_does(script: Path) -> None:
    done = run(str(script), "--help")
    assert done.returncode == 0
    assert "--out" in done.stdout or "--tables" in done.stdout or "--train" in done.stdout


def test_a_mistake_is_one_message_without_traceback(tmp_path: Path) -> None:
    folders = {"--frames": tmp_path / "nowhere", "--root": tmp_path, "--out": tmp_path / "out"}
    done = run("stages/30_detect.py", *(str(word) for pair in folders.items() for word in pair))
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert str(tmp_path / "nowhere") in done.stderr
    assert "Traceback" not in done.stderr
