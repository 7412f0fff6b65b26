"""Progress: one bar on a terminal, few lines in a log."""

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from squares import choose, square, tasks

from unmask import work
from unmask.progress import Progress
from unmask.work import Task

ROOT = Path(__file__).parent.parent


def test_where_there_is_no_terminal_every_shard_is_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choose(monkeypatch, "loky", workers=1)
    listed = tasks(tmp_path)
    list(work.run("square", "v1", square, listed))
    assert capsys.readouterr().err.splitlines() == [
        "square: shard 1 of 2 done, 4 of 8 videos, 12 faces, 0 failed",
        "square: shard 2 of 2 done, 8 of 8 videos, 28 faces, 4 failed",
    ]
    list(work.run("square", "v1", square, listed))
    assert capsys.readouterr().err == ""
    list(work.run("square", "v1", square, [*listed, Task("v8", "", (8, "", ""), shard="1.tar")]))
    assert (
        capsys.readouterr().err
        == "square: shard 2 of 2 done, 9 of 9 videos, 8 from the cache; in the others 8 faces, 0 failed\n"
    )


@pytest.mark.parametrize("shards", [1, 7, 1000])
def test_a_log_has_few_lines(shards: int, capsys: pytest.CaptureFixture[str]) -> None:
    names = sorted(f"{n % shards:03d}" for n in range(1000))
    with Progress("x", names, names) as progress:
        for name in names:
            progress.add(name, {})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == min(shards, 20)
    assert lines[-1] == f"x: shard {shards} of {shards} done, 1000 of 1000 videos, 0 failed"


TERMINAL = """
from pathlib import Path
from unmask import work
from squares import square, tasks
list(work.run("square", "v1", square, tasks(Path("."))))
"""


def _all(master: int) -> str:
    """Everything that was shown: what was written may arrive in several reads, and ends with an error."""
    parts = []
    with suppress(OSError):
        while part := os.read(master, 1 << 16):
            parts.append(part)
    return b"".join(parts).decode()


def test_on_a_terminal_there_is_one_bar(tmp_path: Path) -> None:
    master, slave = os.openpty()
    paths = f"{ROOT / 'src'}:{ROOT / 'tests'}"
    environment = {**os.environ, "PYTHONPATH": paths, "UNMASK_WORKERS": "1", "COLUMNS": "100"}
    subprocess.run([sys.executable, "-c", TERMINAL], stderr=slave, cwd=tmp_path, env=environment, check=True)
    os.close(slave)
    shown = re.findall(r"[^\r\n]+", _all(master))
    os.close(master)
    assert re.fullmatch(r"square: 100%\|█+\| 8 of 8 videos, 28 faces, 4 failed \[00:0\d<00:00\] *", shown[-1]), shown
