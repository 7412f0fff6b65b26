"""Parallel work: a lost worker costs nothing, mistakes are one message, and long tasks are begun first."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from squares import SQUARES, choose, square, squares, tasks

from unmask import work
from unmask.errors import EngineError, UnmaskError
from unmask.parallel import each
from unmask.work import Result


def test_a_worker_that_dies_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    choose(monkeypatch, "loky")
    assert squares(tmp_path, "die once") == SQUARES
    assert (
        "square: a worker was lost (SIGKILL(-9)); what is not finished is begun once more." in capsys.readouterr().err
    )


def test_a_worker_that_dies_again_is_one_message_and_the_others_are_kept(
    tmp_path: Path, work_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, "loky")
    with pytest.raises(EngineError, match=r"lost twice \(SIGKILL\(-9\)\).*at .*v3.*Run it again.*UNMASK_WORKERS=1"):
        squares(tmp_path, "die")
    assert len([path for path in work_cache.rglob("*") if path.is_file()]) >= 4


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_comes_as_it_is(tmp_path: Path, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "loky", workers=workers)
    with pytest.raises(KeyError, match="three"):
        squares(tmp_path, "fail")


class Awkward(Exception):  # noqa: N818
    """An exception that cannot be unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def awkward(number: int) -> int:
    raise Awkward("can", "not")


def test_an_exception_that_cannot_travel_tells_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "loky")
    with pytest.raises(RuntimeError, match="Awkward: cannot"):
        list(each(awkward, [1, 2], desc="x"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("UNMASK_ENGINE", "slurm", "UNMASK_ENGINE is `slurm`; it can be loky, dask or ray."),
        ("UNMASK_WORKERS", "-1", "UNMASK_WORKERS is `-1`; it must be a whole number"),
        ("UNMASK_WORKERS", "two", "UNMASK_WORKERS is `two`; it must be a whole number"),
        ("UNMASK_CACHE", "/dev/null/cache", "The work cache cannot be /dev/null/cache, for /dev/null is a file"),
    ],
)
def test_wrong_settings_are_one_message(
    name: str, value: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UnmaskError, match=re.escape(message)):
        squares(tmp_path)


def test_long_tasks_are_begun_first_and_results_come_sorted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "loky", workers=1)
    begun: list[int] = []

    def note(given: tuple[int, str, str]) -> Result:
        begun.append(given[0])
        return square(given)

    costs = [1, 1, 90, 1, 2, 30, 1, 1]
    listed = [replace(task, cost=cost) for task, cost in zip(tasks(tmp_path), costs, strict=True)]
    found = [result.rows[0]["square"] for _, result in work.run("square", "v1", note, listed)]
    assert found == SQUARES
    # The long ones, then shard 0 with its longest first, then shard 1.
    assert begun == [2, 5, 4, 0, 6, 1, 3, 7]
