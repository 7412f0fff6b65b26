"""Confine this process: it ends with its parent, and what it runs can neither write, start programs nor use the net."""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

# Numbers of system calls, the same on every processor (kernel.org, "Landlock: unprivileged access control").
CREATE_RULESET, RESTRICT_SELF = 444, 446
VERSION_FLAG = 1
# prctl(2)
DIE_WITH_PARENT, NO_NEW_PRIVILEGES = 1, 38
# Rights that exist since a version of Landlock: execute; write, remove and make anything; rename across folders (2);
# truncate (3); controls of devices (5). Reading is not among them.
FILES = {1: 0b1_1111_1111_0011, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
# Bind and connect TCP.
NET = {4: 0b11}
# Signals, and sockets without a file, of processes outside.
OUTSIDE = {6: 0b11}
OPEN_FILES = 256
# The first to be ended when the machine runs out of memory, before the process that waits for it.
OUT_OF_MEMORY = "1000"


def confine() -> None:
    """Give up for good what decoding does not need, as far as the system lets us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        _libc().prctl(DIE_WITH_PARENT, signal.SIGKILL)
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(OUT_OF_MEMORY)
    # No core dumps; no file may grow.
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(kind, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    if version := landlock():
        _read_only(version)


def landlock() -> int:
    """Give the version of Landlock that the system's kernel has; 0 if none."""
    if sys.platform != "linux":
        return 0
    version: int = _libc().syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION_FLAG)
    return max(version, 0)


def _read_only(version: int) -> None:
    """Deny every right that this version knows, without an exception."""
    denied = [sum(bits for since, bits in rights.items() if since <= version) for rights in (FILES, NET, OUTSIDE)]
    # Older versions know fewer fields.
    fields = [right for right in denied if right]
    attributes = (ctypes.c_uint64 * len(fields))(*fields)
    ruleset = _libc().syscall(CREATE_RULESET, attributes, ctypes.c_size_t(ctypes.sizeof(attributes)), 0)
    if ruleset >= 0:
        _libc().prctl(NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0)))
        _libc().syscall(RESTRICT_SELF, ruleset, 0)
        os.close(ruleset)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
