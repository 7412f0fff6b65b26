"""The work cache: finished work is not done again, workers change nothing, pruning spares what is in use."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from unmask import cache, storage, work
from unmask.cli import app
from unmask.errors import DataError, EngineError
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


def test_what_only_waits_is_called_by_threads_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "2")
    both = threading.Barrier(2, timeout=20)

    def wait(number: int) -> Result:
        both.wait()
        return Result([{"number": number, "process": os.getpid()}])

    found = work.run("wait", "v1", wait, [Task(str(n), "", n) for n in range(4)], waits=True)
    assert [result.rows[0] for _, result in found] == [{"number": n, "process": os.getpid()} for n in range(4)]


def test_pruning_removes_the_oldest_first(work_cache: Path, tmp_path: Path) -> None:
    list(work.run("square", "v1", square, tasks(tmp_path, range(4))))
    files = sorted(p for p in work_cache.rglob("*") if p.is_file())
    for age, path in enumerate(files):
        os.utime(path, (1000 - age, 1000 - age))
    size = files[0].stat().st_size
    assert cache.usage()["square"] == cache.Usage(4, sum(p.stat().st_size for p in files), 997, 1000)
    assert storage.prune(2 * size + 1) == 2
    assert [path for path in files if path.exists()] == files[:2]
    assert storage.prune(0, keep={files[0].resolve()}) == 1
    assert files[0].exists()


def test_broken_results_are_made_again(work_cache: Path, tmp_path: Path) -> None:
    first = list(work.run("square", "v1", square, tasks(tmp_path, range(3))))
    files = sorted(p for p in work_cache.rglob("*") if p.is_file())
    files[0].write_bytes(b"")
    files[1].write_bytes(files[1].read_bytes()[:-1])
    whole = files[2].read_bytes()
    files[2].write_bytes(whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2))  # as a power cut leaves it
    assert list(work.run("square", "v1", square, tasks(tmp_path, range(3)))) == first
    assert calls(tmp_path) == 6
    assert list(work.run("square", "v1", square, tasks(tmp_path, range(3)))) == first
    assert calls(tmp_path) == 6


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
    assert storage.prune(0) == 0
    assert len([path for path in work_cache.rglob("*") if path.is_file()]) == 2


def test_what_a_killed_run_left_half_written_goes_after_a_day(work_cache: Path) -> None:
    (work_cache / "square/ab").mkdir(parents=True)
    for name, age in ((".tmp-old", 25), (".tmp-new", 23)):
        (work_cache / "square/ab" / name).write_bytes(b"x")
        before = time.time() - age * 3600
        os.utime(work_cache / "square/ab" / name, (before, before))
    assert cache.usage() == {}
    assert storage.prune(1000) == 0
    assert [path.name for path in (work_cache / "square/ab").iterdir()] == [".tmp-new"]


def test_files_of_others_in_the_folder_are_never_touched(
    work_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder that the user has other things in, some of them in places like those of results.
    others = [
        work_cache / name for name in ("thesis.pdf", "square/notes", "square/ab/notes", "data/.tmp-old", "a/b/c/d")
    ]
    others.append(work_cache / "square" / "ab" / ("c" * 64))
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        os.utime(path, (1000, 1000))
    list(work.run("square", "v1", square, tasks(tmp_path, range(3))))
    assert cache.usage().keys() == {"square"}
    assert cache.usage()["square"].count == 3
    assert storage.prune(0) == 3
    list(work.run("square", "v1", square, tasks(tmp_path, range(3))))
    assert cache.clear("square") == 3
    assert cache.usage() == {}
    assert all(path.is_file() for path in others)


def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNMASK_CACHE", "")
    monkeypatch.setenv("UNMASK_CACHE_GB", "")
    assert storage.folder() == Path(".cache/unmask")
    assert storage.limit() == 20 * storage.GIGABYTE


@pytest.mark.parametrize("size", ["much", "-1", "nan", "inf"])
def test_a_wrong_size_is_told_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    monkeypatch.setenv("UNMASK_CACHE_GB", size)
    with pytest.raises(EngineError, match=f"UNMASK_CACHE_GB is `{size}`; it must be a number of gigabytes, 0 or more"):
        list(work.run("square", "v1", square, tasks(tmp_path, range(1))))
    assert not (tmp_path / "log").exists()


def show(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["cache", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_shows_prunes_and_clears(work_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_CACHE_GB", "1.5")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for step, count in (("detect", 3), ("crop", 2)):
        list(work.run(step, "v1", square, tasks(tmp_path, range(count))))
    for path in (work_cache / "detect").rglob("*"):
        os.utime(path, (86400, 86400))
    (work_cache / "train/abc").mkdir(parents=True)
    (work_cache / "train/abc/checkpoint").write_bytes(bytes(3 << 20))
    head, crop, detect, train, _, last = show().splitlines()
    assert head.split() == ["step", "results", "MB", "oldest", "use", "newest", "use"]
    assert crop.split()[:3] == ["crop", "2", "0.0"]
    assert detect.split() == ["detect", "3", "0.0", "1970-01-02", "00:00", "1970-01-02", "00:00"]
    assert train.split()[:3] == ["train", "1", "3.0"]
    assert last == f"0.00 GB in {work_cache}, of at most 1.5 (UNMASK_CACHE, UNMASK_CACHE_GB)."
    assert "2 results of crop removed." in show("--clear", "crop")
    assert set(cache.usage()) == {"detect", "train"}
    assert "3 results removed." in show("--prune", "0")
    assert set(cache.usage()) == {"train"}


def test_the_command_on_a_cache_that_is_not_there(work_cache: Path) -> None:
    assert "is empty; the first step that runs fills it." in show("--prune", "1")
    work_cache.rmdir()
    assert show() == f"The work cache {work_cache} does not exist yet; the first step that runs fills it.\n"


@pytest.mark.parametrize("step", ["crop", "..", "", "detect/ab", "/"])
def test_only_steps_are_cleared(work_cache: Path, tmp_path: Path, step: str) -> None:
    list(work.run("detect", "v1", square, tasks(tmp_path, range(1))))
    with pytest.raises(DataError, match=r"holds nothing of `.*`; it holds detect\."):
        cache.clear(step)
    assert cache.usage()["detect"].count == 1


KILLED = """
import os, signal, sys
sys.path.insert(0, "tests")
from pathlib import Path
from test_work import square, tasks
from unmask import cache, work
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
