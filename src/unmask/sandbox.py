"""Run code that touches hostile video bytes in a long-lived child process with limits on time and memory."""

import ctypes
import json
import os
import resource
import select
import signal
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from unmask.errors import TransientError, VideoError

HEADER = struct.Struct("<Q")
MEGABYTE = 1 << 20
LONGEST_HEAD = 64 * MEGABYTE
# Seconds in which the child must have started and imported the function; only a broken installation exceeds them.
START = 120.0
# The child ends itself this many seconds after its time is up, in case its parent is no longer there to do it.
GRACE = 5.0

Blobs = dict[str, bytes]
Function = Callable[..., tuple[Any, Blobs]]


@dataclass(frozen=True)
class Limits:
    """What one call may cost: wall-clock seconds, and megabytes of memory beyond what the idle child has."""

    seconds: float
    megabytes: int


def call(function: Function, args: dict[str, Any], limits: Limits) -> tuple[Any, Blobs]:
    """Run a function in this thread's child process; only JSON and raw bytes come back.

    Args:
        function: A function at the top of a module, which returns a JSON-like value and named bytes.
        args: Its keyword arguments, JSON-like.
        limits: What the call may cost.

    Returns:
        What the function returned (tuples have become lists).

    Raises:
        VideoError: The function failed, the child crashed, or a limit was reached; the next call works.
        RuntimeError: The child cannot start or import the function.
    """
    request = {"target": f"{function.__module__}:{function.__qualname__}", "args": args}
    child = _child()
    try:
        return child.ask(request | {"seconds": limits.seconds, "megabytes": limits.megabytes}, limits)
    except BaseException:
        if child.spoiled:
            child.close()
            _local.child = None
        raise


# The parent's side --------------------------------------------------------------------------------------------------

_local = threading.local()


class _Child:
    """One child process, and the way to speak with it."""

    def __init__(self) -> None:
        source = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "unmask.sandbox"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **single, "PYTHONPATH": path},
        )
        self.owner = os.getpid()
        self.spoiled = False
        # Also when the thread ends or the interpreter exits.
        self.close = weakref.finalize(self, _end, self.process, self.owner)

    def ask(self, request: dict[str, Any], limits: Limits) -> tuple[Any, Blobs]:
        """Send one request and wait for its answer."""
        self.spoiled = True  # until a whole answer was read
        assert self.process.stdin is not None
        _send(self.process.stdin, request)
        ready = self._head(time.monotonic() + START, "the sandbox did not start")
        if ready["kind"] != "ready":
            raise RuntimeError(f"the sandbox cannot run {request['target']}: {ready['value']}")
        deadline = time.monotonic() + limits.seconds
        late = f"gave up after {limits.seconds:g} s"
        head = self._head(deadline, late)
        if sum(head["blobs"].values()) > limits.megabytes * MEGABYTE:
            raise TransientError(_too_much(limits.megabytes))
        blobs = {name: self._read(size, deadline, late) for name, size in head["blobs"].items()}
        # After running out of memory the heap may be in pieces: start afresh.
        self.spoiled = head["kind"] == "memory"
        if head["kind"] == "ok":
            return head["value"], blobs
        if head["kind"] == "memory":
            raise TransientError(_too_much(limits.megabytes))
        raise VideoError(head["value"])

    def _head(self, deadline: float, late: str) -> dict[str, Any]:
        size = HEADER.unpack(self._read(HEADER.size, deadline, late))[0]
        if size > LONGEST_HEAD:
            raise VideoError("decoder sent nonsense")
        head: dict[str, Any] = json.loads(self._read(size, deadline, late))
        return head

    def _read(self, size: int, deadline: float, late: str) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        parts, missing = [], size
        while missing:
            rest = deadline - time.monotonic()
            if rest <= 0 or not poll.poll(rest * 1000):
                raise TransientError(late)
            part = os.read(descriptor, min(missing, MEGABYTE))
            if not part:
                raise TransientError(self._death())
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _death(self) -> str:
        status = self.process.wait()
        return f"decoder crashed (signal {-status})" if status < 0 else f"decoder ended (status {status})"


def _child() -> _Child:
    """Give this thread's child; a process forked from its owner, or one that has died meanwhile, gets a new one."""
    child: _Child | None = getattr(_local, "child", None)
    if child is None or child.owner != os.getpid() or child.process.poll() is not None:
        if child is not None:
            child.close()
        child = _local.child = _Child()
    return child


def _too_much(megabytes: int) -> str:
    return f"needs more than {megabytes} MB"


def _send(pipe: BinaryIO | Any, head: dict[str, Any], blobs: Blobs | None = None) -> None:
    data = json.dumps(head).encode()
    pipe.write(HEADER.pack(len(data)) + data)
    for blob in (blobs or {}).values():
        pipe.write(blob)
    pipe.flush()


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    if owner == os.getpid():
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()


# The child's side ---------------------------------------------------------------------------------------------------


def serve() -> None:
    """Answer requests from standard input until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    # No core dumps, no files: nothing that a decoder does may write to the disk.
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(kind, (0, 0))
    # What libraries print must not get into the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while len(header := sys.stdin.buffer.read(HEADER.size)) == HEADER.size:
        request = json.loads(sys.stdin.buffer.read(HEADER.unpack(header)[0]))
        try:
            function = _find(request["target"])
        except Exception as error:
            _send(answers, {"kind": "broken", "value": f"{type(error).__name__}: {error}"})
            continue
        _send(answers, {"kind": "ready"})
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + GRACE)
        head, blobs = _answer(function, request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(answers, head, blobs)


def _answer(function: Function, request: dict[str, Any]) -> tuple[dict[str, Any], Blobs]:
    blobs: Blobs = {}
    try:
        _limit_memory(request["megabytes"])
        value, blobs = function(**request["args"])
        head = {"kind": "ok", "value": value}
    except VideoError as error:
        head = {"kind": "video", "value": str(error)}
    except MemoryError:
        head = {"kind": "memory"}
    except Exception as error:
        # Hostile bytes raise the strangest errors in libraries; each costs its video, not the stage.
        head = {"kind": "video", "value": f"{type(error).__name__}: {error}"}
    _limit_memory(None)
    return head | {"blobs": {name: len(blob) for name, blob in blobs.items()}}, blobs


def _find(target: str) -> Function:
    module, _, name = target.partition(":")
    function: Function = getattr(import_module(module), name)
    return function


def _limit_memory(megabytes: int | None) -> None:
    """Limit the address space to what is mapped now and so many megabytes more; None lifts the limit."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    soft = hard
    if megabytes is not None:
        soft = _mapped() + megabytes * MEGABYTE
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _mapped() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux
        return 0


def _die_with_parent() -> None:
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


if __name__ == "__main__":
    serve()
