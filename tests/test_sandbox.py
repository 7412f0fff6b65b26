"""The sandbox: a crash, a hang or a bomb costs one call, and nothing outlives its parent."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from unmask import sandbox
from unmask.errors import VideoError

TESTS = Path(__file__).parent
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


def fail(text: str) -> Answer:
    raise VideoError(text)


def stumble() -> Answer:
    things: dict[str, int] = {}
    return things["gone"], {}


def chatter() -> Answer:
    os.write(1, b"noise on standard output")
    os.write(2, b"noise on standard error")
    return "said", {}


def write_file(path: str) -> Answer:
    Path(path).write_text("trace")
    return None, {}


@pytest.fixture(autouse=True)
def _tests_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let children import this module, however it was found."""
    sandbox._local.child = None
    monkeypatch.setenv("PYTHONPATH", f"{TESTS}{os.pathsep}{TESTS.parent}")


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


def test_values_and_bytes_come_back_from_one_long_lived_child() -> None:
    value = {"list": [1, 2.5, None, "ü"], "flag": True}
    found, blobs = sandbox.call(echo, {"value": value}, LIMITS)
    assert found == value
    assert blobs["first"] == b"\x00" * 300_000
    assert blobs["second"] == b""
    assert int(blobs["pid"]) != os.getpid()
    assert pid() == int(blobs["pid"])


@pytest.mark.parametrize(
    ("function", "args", "reason"),
    [
        (kill_itself, {"number": signal.SIGSEGV}, r"^decoder crashed \(signal 11\)$"),
        (leave, {"status": 3}, r"^decoder ended \(status 3\)$"),
        (grow, {"megabytes": 2000}, "^needs more than 512 MB$"),
        (answer_at_length, {"megabytes": 513}, "^needs more than 512 MB$"),
        (fail, {"text": "holds no video stream"}, "^holds no video stream$"),
        (stumble, {}, "^KeyError: 'gone'$"),
    ],
)
def test_each_failure_costs_one_call(function: sandbox.Function, args: dict[str, Any], reason: str) -> None:
    with pytest.raises(VideoError, match=reason):
        sandbox.call(function, args, LIMITS)
    assert sandbox.call(echo, {"value": "next"}, LIMITS)[0] == "next"


def test_a_hang_is_given_up_and_its_process_is_gone() -> None:
    before = pid()
    start = time.monotonic()
    with pytest.raises(VideoError, match=r"^gave up after 0\.5 s$"):
        sandbox.call(hang, {}, sandbox.Limits(seconds=0.5, megabytes=512))
    assert time.monotonic() - start < 10
    assert not alive(before)
    assert pid() != before


def test_memory_limit_leaves_room_for_what_is_allowed() -> None:
    assert sandbox.call(grow, {"megabytes": 300}, LIMITS)[0] == 300 << 20
    assert sandbox.call(grow, {"megabytes": 300}, LIMITS)[0] == 300 << 20


def test_noise_does_not_get_into_the_answers() -> None:
    assert sandbox.call(chatter, {}, LIMITS)[0] == "said"


def test_no_file_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="File too large"):
        sandbox.call(write_file, {"path": str(tmp_path / "trace")}, LIMITS)


def test_a_child_that_died_between_calls_is_replaced() -> None:
    first = pid()
    os.kill(first, signal.SIGKILL)
    wait_until_gone(first)
    assert pid() != first


def test_a_function_that_cannot_be_imported_is_no_fault_of_the_video() -> None:
    def local() -> Answer:
        return None, {}

    with pytest.raises(RuntimeError, match="cannot run"):
        sandbox.call(local, {}, LIMITS)


def test_each_thread_has_its_child_which_ends_with_it() -> None:
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.append(pid()))
    thread.start()
    thread.join()
    assert found[0] != pid()
    wait_until_gone(found[0])


@pytest.mark.skipif(sys.platform != "linux", reason="needs the parent-death signal")
@pytest.mark.parametrize("function", ["echo", "hang"])
def test_child_dies_with_its_parent(function: str, tmp_path: Path) -> None:
    """The parent is killed while its child idles, and while it is deep in a hang."""
    script = (
        "import os, threading\n"
        "import test_sandbox as t\n"
        "from unmask import sandbox\n"
        "print(t.pid(), flush=True)\n"
        f"sandbox.call(t.{function}, {{'value': 0}} if '{function}' == 'echo' else {{}}, t.LIMITS)\n"
        "input()\n"
    )
    source = str(Path(sandbox.__file__).parent.parent)
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([source, str(TESTS), str(TESTS.parent)])},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.2)
    assert alive(child)
    parent.kill()
    parent.communicate()
    wait_until_gone(child)
