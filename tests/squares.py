"""Work for tests of where work is done: squares, of which one may kill its worker or fail."""

import os
import signal
import time
from pathlib import Path

import pytest

from unmask import work
from unmask.work import Result, Task


def square(given: tuple[int, str, str]) -> Result:
    """Square a number, unless it is 3: then its worker dies, the first time or always, or it fails."""
    number, fate, mark = given
    time.sleep(0.02)
    if number == 3 and (fate == "die" or (fate == "die once" and not Path(mark).exists())):
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 3 and fate == "fail":
        raise KeyError("three")
    return Result([{"square": number**2}], told={"faces": number, "failed": number % 2})


def tasks(folder: Path, fate: str = "", count: int = 8) -> list[Task]:
    return [Task(f"v{n}", fate, (n, fate, str(folder / "mark")), shard=f"{n % 2}.tar") for n in range(count)]


def squares(folder: Path, fate: str = "") -> list[int]:
    return [result.rows[0]["square"] for _, result in work.run("square", "v1", square, tasks(folder, fate))]


SQUARES = [number**2 for number in range(8)]


def choose(patch: pytest.MonkeyPatch, engine: str, address: str = "", workers: int = 2) -> None:
    patch.setenv("UNMASK_ENGINE", engine)
    patch.setenv("UNMASK_ADDRESS", address)
    patch.setenv("UNMASK_WORKERS", str(workers))
