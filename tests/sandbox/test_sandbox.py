"""The sandbox: a crash, a hang or a bomb costs one call, and nothing outlives its parent."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sandbox.calls import (
    LIMITS,
    TESTS,
    Answer,
    alive,
    answer_at_length,
    babble,
    chatter,
    crash_if_broken,
    echo,
    fail,
    grow,
    hang,
    kill_itself,
    leave,
    leave_unwritten,
    pid,
    read,
    stumble,
    wait_until_gone,
)

from unmask import sandbox
from unmask.errors import TransientError, VideoError


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


@pytest.mark.parametrize(("number", "momentary"), [(errno.EIO, True), (errno.EMFILE, True), (errno.EINVAL, False)])
def test_what_the_disk_does_for_a_moment_is_no_verdict_on_the_video(number: int, momentary: bool) -> None:
    with pytest.raises(VideoError) as caught:
        sandbox.call(read, {"number": number}, LIMITS)
    assert isinstance(caught.value, TransientError) == momentary


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
        "import sandbox.calls as t\n"
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
