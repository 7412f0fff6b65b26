"""The sandbox: a crash, a hang or a bomb costs one call, and nothing outlives its parent."""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unmask import sandbox
from unmask.confine import landlock
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


def leave_unwritten(size: int) -> Answer:
    return None, {"memory": np.empty(size, np.uint8).tobytes()}


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


def test_memory_that_nothing_was_written_to_is_always_the_same() -> None:
    for size in (100_000, 10_000_000):
        _, blobs = sandbox.call(leave_unwritten, {"size": size}, LIMITS)
        assert blobs["memory"] == blobs["memory"][:1] * size != bytes(size)


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
    with pytest.raises(VideoError, match=r"File too large|Permission denied"):
        sandbox.call(write_file, {"path": str(tmp_path / "trace")}, LIMITS)


@pytest.mark.skipif(landlock() < 4, reason="needs Linux 6.7 with Landlock")
def test_nothing_can_be_made_emptied_removed_started_or_reached(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("content")
    server = socket.create_server(("127.0.0.1", 0))
    attempts: list[tuple[sandbox.Function, dict[str, Any]]] = [
        (touch, {"path": str(tmp_path / "new")}),
        (empty, {"path": str(kept)}),
        (remove, {"path": str(kept)}),
        (start, {"path": sys.executable}),
        (connect, {"port": server.getsockname()[1]}),
    ]
    for function, args in attempts:
        with pytest.raises(VideoError, match=r"^PermissionError"):
            sandbox.call(function, args, LIMITS)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert kept.read_text() == "content"


@pytest.mark.skipif(landlock() < 6, reason="needs Linux 6.12 with Landlock")
def test_no_other_process_can_be_struck() -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with pytest.raises(VideoError, match="PermissionError"):
        sandbox.call(strike, {"process": other.pid}, LIMITS)
    assert other.poll() is None
    other.communicate()


def test_a_child_holds_nothing_that_it_does_not_need(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        found = sandbox.call(look_around, {}, LIMITS)[0]
    assert "AWS_SECRET_ACCESS_KEY" not in found["names"]
    assert "PATH" in found["names"]
    assert all(name.startswith("pipe:") or name == "/dev/null" for name in found["files"].values())
    assert found["out_of_memory"] == 1000


def test_no_more_files_are_open_than_decoding_needs() -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 300
    with pytest.raises(VideoError, match="Too many open files"):
        sandbox.call(hold_many, {"path": __file__}, LIMITS)


def test_what_a_child_started_ends_with_it() -> None:
    sleeper = int(sandbox.call(start_sleeper, {}, LIMITS)[0])
    assert alive(sleeper)
    with pytest.raises(VideoError, match="gave up"):
        sandbox.call(hang, {}, sandbox.Limits(seconds=0.1, megabytes=512))
    wait_until_gone(sleeper)


def test_who_broke_the_child_is_not_the_one_after() -> None:
    """A crash in a child that had another video before is tried once more in a new one."""
    assert sandbox.call(crash_if_broken, {"broken": True}, LIMITS)[0] == "answer"
    assert sandbox.call(crash_if_broken, {"broken": False}, LIMITS)[0] == "answer"


@pytest.mark.parametrize(
    "text",
    [
        *("not JSON", "[]", "[" * 100_000, "{}", '{"kind": "ok"}', '{"kind": "ok", "value": 1, "blobs": {"a": -1}}'),
        *('{"kind": "ok", "value": 1, "blobs": {"a": "b"}}', '{"kind": "new", "value": 1, "blobs": {}}', "\0" * 70),
    ],
)
def test_nonsense_in_the_pipe_costs_one_call(text: str) -> None:
    with pytest.raises(VideoError, match="nonsense"):
        sandbox.call(babble, {"text": text}, LIMITS)
    assert sandbox.call(echo, {"value": "next"}, LIMITS)[0] == "next"


def test_a_broken_installation_is_no_fault_of_the_video(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ctypes.py").write_text("raise SystemExit(7)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"does not start \(status 7\)"):
        sandbox.call(echo, {"value": 0}, LIMITS)


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
