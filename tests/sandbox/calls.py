"""What the sandbox is asked to do: to answer, crash, hang, grow or break out; and whether its child is alive."""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from unmask import sandbox
from unmask.errors import VideoError

TESTS = Path(__file__).parent.parent
LIMITS = sandbox.Limits(seconds=20, megabytes=512)
Answer = tuple[Any, dict[str, bytes]]


def echo(value: Any) -> Answer:
    return value, {"first": b"\x00" * 300_000, "second": b"", "pid": str(os.getpid()).encode()}


def kill_itself(number: int) -> Answer:
    os.kill(os.getpid(), number)
    return None, {}


def leave(status: int) -> Answer:
    os._exit(status)


def hang() -> Answer:
    # Like a decoder in C: deaf to everything but SIGKILL.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass


def grow(megabytes: int) -> Answer:
    return len(bytearray(megabytes << 20)), {}


def answer_at_length(megabytes: int) -> Answer:
    # Reuses one piece, so that the memory limit of the child does not come first.
    return None, dict.fromkeys(map(str, range(megabytes)), bytes(1 << 20))


def leave_unwritten(size: int) -> Answer:
    return None, {"memory": np.empty(size, np.uint8).tobytes()}


def fail(text: str) -> Answer:
    raise VideoError(text)


def stumble() -> Answer:
    things: dict[str, int] = {}
    return things["gone"], {}


def read(number: int) -> Answer:
    raise OSError(number, os.strerror(number), "video.mp4")


def chatter() -> Answer:
    os.write(1, b"noise on standard output")
    os.write(2, b"noise on standard error")
    return "said", {}


def write_file(path: str) -> Answer:
    Path(path).write_text("trace")
    return None, {}


def touch(path: str) -> Answer:
    Path(path).touch()
    return None, {}


def empty(path: str) -> Answer:
    Path(path).open("w").close()
    return None, {}


def remove(path: str) -> Answer:
    Path(path).unlink()
    return None, {}


def start(path: str) -> Answer:
    subprocess.run([path], check=True)
    return None, {}


def connect(port: int) -> Answer:
    socket.create_connection(("127.0.0.1", port)).close()
    return None, {}


def strike(process: int) -> Answer:
    os.kill(process, signal.SIGTERM)
    return None, {}


def look_around() -> Answer:
    score = int(Path("/proc/self/oom_score_adj").read_text())
    return {"files": open_files(), "names": sorted(os.environ), "out_of_memory": score}, {}


def open_files() -> dict[str, str]:
    found = {}
    for number in range(300):
        with suppress(FileNotFoundError):
            found[str(number)] = str(Path(f"/proc/self/fd/{number}").readlink())
    return found


def hold_many(path: str) -> Answer:
    return len([Path(path).open() for _ in range(300)]), {}


def start_sleeper() -> Answer:
    if not (child := os.fork()):
        time.sleep(60)
        os._exit(0)
    return child, {}


STATE: list[str] = []


def crash_if_broken(*, broken: bool) -> Answer:
    """Break this process for the next call, as a decoder that writes where it should not."""
    if STATE:
        os.kill(os.getpid(), signal.SIGSEGV)
    STATE.extend(["broken"] if broken else [])
    return "answer", {}


def babble(text: str) -> Answer:
    """Write into the pipe of answers, as somebody who took the process over."""
    pipe = max(int(number) for number, name in open_files().items() if name.startswith("pipe"))
    os.write(pipe, len(text.encode()).to_bytes(8, "little") + text.encode())
    time.sleep(20)
    return None, {}


def pid() -> int:
    return int(sandbox.call(echo, {"value": 0}, LIMITS)[1]["pid"])


def alive(process: int) -> bool:
    """Tell whether a process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + 10
    while alive(process):
        assert time.monotonic() < deadline, "the child outlived its parent"
        time.sleep(0.02)
