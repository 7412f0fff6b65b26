"""The work cache: finished work is not done again, workers change nothing, pruning spares what is in use."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unmask import work
from unmask.work import Result, Task


def square(given: dict[str, object]) -> Result:
    """Square a number and leave a mark of having been called."""
    with Path(str(given["log"])).open("a") as log:
        log.write("called\n")
    number = int(str(given["number"]))
    return Result([{"number": number, "third": 1 / 3}], {"square": bytes([number * number])})


def tasks(folder: Path, numbers: range) -> list[Task]:
    return [Task(f"{n:03d}", str(n), {"number": n, "log": str(folder / "log")}) for n in numbers]


def calls(folder: Path) -> int:
    return len((folder / "log").read_text().splitlines())


@pytest.mark.parametrize("workers", ["1", "2"])
def test_second_run_does_nothing_and_one_more_task_costs_one(
    tmp_path: Path, workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", workers)
    first = list(work.run("square", "v1", square, tasks(tmp_path, range(6))))
    assert [task.key for task, _ in first] == [f"{n:03d}" for n in range(6)]
    assert [result.blobs["square"] for _, result in first] == [bytes([n * n]) for n in range(6)]
    assert first[0][1].rows == [{"number": 0, "third": 1 / 3}]
    assert list(work.run("square", "v1", square, tasks(tmp_path, range(7))))[:6] == first
    assert calls(tmp_path) == 7
    list(work.run("square", "v2", square, tasks(tmp_path, range(2))))
    assert calls(tmp_path) == 9


def test_pruning_removes_the_oldest_first(work_cache: Path, tmp_path: Path) -> None:
    list(work.run("square", "v1", square, tasks(tmp_path, range(4))))
    files = sorted(p for p in work_cache.rglob("*") if p.is_file())
    for age, path in enumerate(files):
        os.utime(path, (1000 - age, 1000 - age))
    size = files[0].stat().st_size
    assert work.usage()["square"][0] == 4
    assert work.prune(2 * size + 1) == 2
    assert [path for path in files if path.exists()] == files[:2]
    assert work.prune(0, keep={files[0].resolve()}) == 1
    assert files[0].exists()


def test_broken_results_are_made_again(work_cache: Path, tmp_path: Path) -> None:
    first = list(work.run("square", "v1", square, tasks(tmp_path, range(3))))
    files = sorted(p for p in work_cache.rglob("*") if p.is_file())
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[:-1])
    assert list(work.run("square", "v1", square, tasks(tmp_path, range(3)))) == first
    assert calls(tmp_path) == 5
    assert list(work.run("square", "v1", square, tasks(tmp_path, range(3)))) == first
    assert calls(tmp_path) == 5


def once(given: dict[str, object]) -> Result:
    """Give a result that is not to be kept."""
    return Result(square(given).rows, keep=False)


def test_a_failure_that_need_not_happen_again_is_tried_again(tmp_path: Path) -> None:
    for count in (2, 4):
        assert len(list(work.run("square", "v1", once, tasks(tmp_path, range(2))))) == 2
        assert calls(tmp_path) == count


def test_pruning_spares_checkpoints_and_files_being_written(work_cache: Path) -> None:
    for name in ("train/abc/checkpoint.pt", "square/ab/.tmp-1"):
        (work_cache / name).parent.mkdir(parents=True)
        (work_cache / name).write_bytes(b"x")
    assert work.prune(0) == 0
    assert len([path for path in work_cache.rglob("*") if path.is_file()]) == 2


KILLED = """
import os, signal, sys
sys.path.insert(0, "tests")
from pathlib import Path
from test_work import square, tasks
from unmask import work
def deadly(given):
    if given["number"] == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(given)
os.environ["UNMASK_WORKERS"] = "1"
list(work.run("square", "v1", deadly, tasks(Path(sys.argv[1]), range(6))))
"""


def test_a_killed_run_resumes(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert calls(tmp_path) == 3
    assert len(list(work.run("square", "v1", square, tasks(tmp_path, range(6))))) == 6
    assert calls(tmp_path) == 6
