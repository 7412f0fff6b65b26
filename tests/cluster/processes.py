"""Commands beside a test, as docs/cluster.md gives them; with what they started they end with it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent


@contextmanager
def process(*words: str, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command beside the test; at the end it and what it started in its session are gone."""
    with log.open("wb") as file:
        path = {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"}
        environment = {**os.environ, **path, **environment}
        environment |= {
            "DASK_TEMPORARY_DIRECTORY": str(log.parent),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        }
        started = subprocess.Popen(
            words, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=log.parent, start_new_session=True
        )
    try:
        yield started
    finally:
        end(started)


def end(started: "subprocess.Popen[bytes]") -> None:
    """End a process and all that it started, kindly at first."""
    if started.poll() is not None:
        return
    family = [psutil.Process(started.pid), *psutil.Process(started.pid).children(recursive=True)]
    started.terminate()
    for process in psutil.wait_procs(family, 3)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    started.wait(10)


def documented(start: str, **changes: str) -> list[str]:
    """Give a command from docs/cluster.md as words, with another machine and port."""
    page = (ROOT / "docs" / "cluster.md").read_text()
    command = next(line for line in page.splitlines() if line.startswith(start))
    for old, new in changes.items():
        command = command.replace(old, new)
    return command.split()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(done: Callable[[], object], started: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until something is true."""
    for _ in range(600):
        if done():
            return
        assert started.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
