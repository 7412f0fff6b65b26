"""Probing: hash and size of one file, or of a folder of face pictures, and what it announces."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from unmask import folders
from unmask.errors import TransientError, VideoError
from unmask.hashing import digest, file_sha256
from unmask.limits import Limits
from unmask.pictures import probe, probe_file
from unmask.presence import lost
from unmask.video import Probe
from unmask.work import Result, Task

UNKNOWN = Probe(width=0, height=0, rotation=0, fps=0.0, frames=0, seconds=0.0, codec="", pixel_format="")


def task(video: str, path: Path, kind: str) -> Task:
    """Make the task of a file or a folder of pictures, known by places in the file system, sizes and times.

    The content's hash is what the task is to find, so it cannot name the task.
    """
    if kind == "faces":
        return Task(video, folders.identity(path), (str(path), kind))
    stat = path.resolve().stat()
    identity = digest(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return Task(video, identity, (str(path), kind))


def examine(limits: Limits, given: tuple[str, str]) -> Result:
    """Hash a video of a kind and probe it in the sandbox; one that cannot be probed gets a status and a reason.

    Args:
        limits: What it may cost.
        given: Path of the video, and its kind.
    """
    path, kind = given
    status, reason, content, found, keep = "ok", "", "", asdict(UNKNOWN), True
    try:
        content = folders.sha256(Path(path)) if kind == "faces" else file_sha256(Path(path))
        found, _ = limits.call(probed_pictures if kind == "faces" else probed, {"path": path})
    except (VideoError, OSError) as error:
        gone = lost(Path(path))
        status, reason = "unreadable", gone or (error.strerror if isinstance(error, OSError) else "") or str(error)
        keep = not (gone or isinstance(error, TransientError | OSError))
    size = _size(Path(path), kind)
    rate = size * 8 / found["seconds"] if found["seconds"] else 0.0
    row = {"status": status, "reason": reason, "sha256": content, "bytes": size, "bit_rate": rate} | found
    return Result([row], keep=keep, told={"failed": int(status != "ok")})


def probed(path: str, max_pixels: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Probe a video, an animation or a picture inside the sandbox."""
    return asdict(probe_file(Path(path), max_pixels)), {}


def probed_pictures(path: str, max_pixels: int) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Probe a folder of pictures inside the sandbox."""
    return asdict(probe(Path(path), max_pixels)), {}


def _size(path: Path, kind: str) -> int:
    try:
        return folders.size(path) if kind == "faces" else path.stat().st_size
    except (OSError, VideoError):  # it is gone
        return 0
