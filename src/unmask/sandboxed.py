"""The sandbox from within: a process that answers requests, confined, with limits on memory and time."""

import json
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable
from errno import EIO, EMFILE, ENFILE, ESTALE
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from unmask.confine import confine
from unmask.errors import VideoError

# Length of a head in JSON, which stands before it.
HEADER = struct.Struct("<Q")
MEGABYTE = 1 << 20
# The process ends itself this many seconds after its time is up, in case nobody is there to do it.
GRACE = 5.0
# Errors of the disk, its network or too many open files, which are no fault of the video.
MOMENTARY = (EIO, EMFILE, ENFILE, ESTALE)

Blobs = dict[str, bytes]
Function = Callable[..., tuple[Any, Blobs]]


def serve() -> None:
    """Answer requests from standard input until it is closed."""
    # What libraries print must not get into the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    confine()
    while len(header := sys.stdin.buffer.read(HEADER.size)) == HEADER.size:
        request = json.loads(sys.stdin.buffer.read(HEADER.unpack(header)[0]))
        try:
            function = _find(request["target"])
        except Exception as error:
            send(answers, {"kind": "broken", "value": f"{type(error).__name__}: {error}"})
            continue
        send(answers, {"kind": "ready"})
        signal.setitimer(signal.ITIMER_REAL, request["seconds"] + GRACE)
        head, blobs = _answer(function, request)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(answers, head, blobs)


def send(pipe: BinaryIO | Any, head: dict[str, Any], blobs: Blobs | None = None) -> None:
    """Write a head and the bytes that it announces."""
    data = json.dumps(head).encode()
    pipe.write(HEADER.pack(len(data)) + data)
    for blob in (blobs or {}).values():
        pipe.write(blob)
    pipe.flush()


def _answer(function: Function, request: dict[str, Any]) -> tuple[dict[str, Any], Blobs]:
    blobs: Blobs = {}
    try:
        _limit_memory(request["megabytes"])
        value, blobs = function(**request["args"])
        head = {"kind": "ok", "value": value}
    except VideoError as error:
        head = {"kind": "video", "value": str(error)}
    except OSError as error:
        # Python's own are of the disk and its network, those of libraries that decode tell of the bytes.
        momentary = type(error).__module__ == "builtins" and error.errno in MOMENTARY
        head = {"kind": "momentary" if momentary else "video", "value": f"{type(error).__name__}: {error}"}
    except MemoryError:
        head = {"kind": "memory", "value": ""}
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


if __name__ == "__main__":
    serve()
