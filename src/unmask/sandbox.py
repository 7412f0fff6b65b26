"""Run code that touches hostile video bytes in a long-lived child process with limits on time and memory."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask.errors import TransientError, VideoError
from unmask.sandboxed import HEADER, MEGABYTE, send
from unmask.sandboxed import Blobs as Blobs
from unmask.sandboxed import Function as Function

LONGEST_HEAD = 64 * MEGABYTE
# Seconds in which the child must have started and imported the function; only a broken installation exceeds them.
START = 120.0
# What a child sees of the environment; the rest, such as keys to a cloud, is none of a decoder's business.
NAMES = ("PATH", "HOME", "LANG", "TZ")
BEGINNINGS = ("PYTHON", "UNMASK_", "LC_", "LD_", "DYLD_")
SINGLE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Memory comes filled (mallopt(3)), so that what decoders leave unwritten in damaged frames does not tell of others.
FILLED = {"MALLOC_PERTURB_": "85"}


@dataclass(frozen=True)
class Limits:
    """What one call may cost: wall-clock seconds, and megabytes of memory beyond what the idle child has."""

    seconds: float
    megabytes: int


def call(function: Function | str, args: dict[str, Any], limits: Limits) -> tuple[Any, Blobs]:
    """Run a function in this thread's child process; only JSON and raw bytes come back.

    Args:
        function: A function at the top of a module, or `module:name` where only the child is to import it. It returns
            a JSON-like value and named bytes.
        args: Its keyword arguments, JSON-like.
        limits: What the call may cost.

    Returns:
        What the function returned (tuples have become lists).

    Raises:
        VideoError: The function failed, the child crashed, or a limit was reached; the next call works.
        RuntimeError: The child cannot start or import the function.
    """
    target = function if isinstance(function, str) else f"{function.__module__}:{function.__qualname__}"
    request = {"target": target, "args": args, "seconds": limits.seconds, "megabytes": limits.megabytes}
    while True:
        child = _child()
        fresh = not child.served
        try:
            return child.ask(request, limits)
        except _DeathError as death:
            # Perhaps an earlier video had broken it. Only a child that has seen no other tells whose fault it is.
            if fresh:
                raise TransientError(str(death)) from None
        finally:
            if child.spoiled:
                child.close()
                _local.child = None


_local = threading.local()


class _DeathError(Exception):
    """The child ended before it had answered."""


class _Child:
    """One child process, and the way to speak with it.

    Attributes:
        served: How many calls it has answered.
        spoiled: Whether it must not be used again.
    """

    def __init__(self) -> None:
        source = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
        kept = {name: value for name, value in os.environ.items() if name in NAMES or name.startswith(BEGINNINGS)}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "unmask.sandboxed"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**kept, **SINGLE, **FILLED, "PYTHONPATH": path},
            # What it starts in spite of all ends with it.
            process_group=0,
        )
        self.owner = os.getpid()
        self.served = 0
        self.spoiled = False
        # Also when the thread ends or the interpreter exits.
        self.close = weakref.finalize(self, _end, self.process, self.owner)

    def ask(self, request: dict[str, Any], limits: Limits) -> tuple[Any, Blobs]:
        """Send one request and wait for its answer."""
        self.spoiled = True  # until a whole answer was read
        self._begin(request)
        deadline = time.monotonic() + limits.seconds
        late = f"gave up after {limits.seconds:g} s"
        kind, value, sizes = _checked(self._head(deadline, late))
        if sum(sizes.values()) > limits.megabytes * MEGABYTE or kind == "memory":
            raise TransientError(f"needs more than {limits.megabytes} MB")
        blobs = {name: self._read(size, deadline, late) for name, size in sizes.items()}
        # One that ran out of memory stays spoiled: its heap may be in pieces.
        self.spoiled = False
        self.served += 1
        if kind == "ok":
            return value, blobs
        raise TransientError(value) if kind == "momentary" else VideoError(value)

    def _begin(self, request: dict[str, Any]) -> None:
        """Send the request, and wait until the child has started and found the function."""
        assert self.process.stdin is not None
        try:
            send(self.process.stdin, request)
            ready = self._head(time.monotonic() + START, "the sandbox did not start")
        except (BrokenPipeError, _DeathError):
            status = _kill(self.process)
            if self.served or status < 0:
                raise _DeathError(_told(status)) from None
            raise RuntimeError(f"the sandbox does not start (status {status}); is unmask installed whole?") from None
        if ready.get("kind") != "ready":
            raise RuntimeError(f"the sandbox cannot run {request['target']}: {ready.get('value')}")

    def _head(self, deadline: float, late: str) -> dict[str, Any]:
        size = HEADER.unpack(self._read(HEADER.size, deadline, late))[0]
        if size > LONGEST_HEAD:
            raise _nonsense()
        try:
            head = json.loads(self._read(size, deadline, late))
        except (ValueError, RecursionError):
            raise _nonsense() from None
        if not isinstance(head, dict):
            raise _nonsense()
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
                raise _DeathError(_told(_kill(self.process)))
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def _checked(head: dict[str, Any]) -> tuple[str, Any, dict[str, int]]:
    """Give kind, value and sizes of an answer; whoever took the child over may have written anything."""
    kind, sizes = head.get("kind"), head.get("blobs")
    if kind not in ("ok", "video", "memory", "momentary") or "value" not in head or not isinstance(sizes, dict):
        raise _nonsense()
    if not all(isinstance(size, int) and size >= 0 for size in sizes.values()):
        raise _nonsense()
    return str(kind), head["value"], sizes


def _nonsense() -> TransientError:
    return TransientError("decoder sent nonsense")


def _told(status: int) -> str:
    return f"decoder crashed (signal {-status})" if status < 0 else f"decoder ended (status {status})"


def _child() -> _Child:
    """Give this thread's child; a process forked from its owner, or one that has died meanwhile, gets a new one."""
    child: _Child | None = getattr(_local, "child", None)
    if child is None or child.owner != os.getpid() or child.process.poll() is not None:
        if child is not None:
            child.close()
        child = _local.child = _Child()
    return child


def _kill(process: subprocess.Popen[bytes]) -> int:
    """End a child and all that it started, unless that was done; give its status, which is its own if it had ended."""
    if process.returncode is None:
        # Until it has been waited for, its number is not another's.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    if owner == os.getpid():
        _kill(process)
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):
            if pipe is not None:
                pipe.close()
