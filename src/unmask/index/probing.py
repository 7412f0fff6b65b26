"""Probing: one file's hash, size and what its container announces."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from unmask import sandbox
from unmask.errors import TransientError, VideoError
from unmask.hashing import digest, file_sha256
from unmask.video import Probe, probe
from unmask.work import Result, Task

# Far more than an honest file needs; beyond it a file is unreadable.
LIMITS = sandbox.Limits(seconds=60, megabytes=4096)
UNKNOWN = Probe(width=0, height=0, rotation=0, fps=0.0, frames=0, seconds=0.0, codec="", pixel_format="")


def task(video: str, path: Path) -> Task:
    """Make the task of a file, known by its place in the file system, its size and its times.

    The content's hash is what the task is to find, so it cannot name the task.
    """
    stat = path.resolve().stat()
    identity = digest(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return Task(video, identity, str(path))


def examine(path: str) -> Result:
    """Hash a file and probe it in the sandbox; one that cannot be probed gets a status and a reason."""
    status, reason, content, found, keep = "ok", "", "", asdict(UNKNOWN), True
    try:
        content = file_sha256(Path(path))
        found, _ = sandbox.call(probed, {"path": path}, LIMITS)
    except (VideoError, OSError) as error:
        status, reason = "unreadable", str(error)
        keep = not isinstance(error, TransientError | OSError)
    size = Path(path).stat().st_size
    rate = size * 8 / found["seconds"] if found["seconds"] else 0.0
    row = {"status": status, "reason": reason, "sha256": content, "bytes": size, "bit_rate": rate} | found
    return Result([row], keep=keep)


def probed(path: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Probe inside the sandbox."""
    return asdict(probe(Path(path))), {}
