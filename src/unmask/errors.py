"""Errors and warnings meant for people: each message says what is wrong, where, and what would be right."""

import os
import re
import sys
from collections.abc import Sequence
from errno import EACCES, EDQUOT, EEXIST, EIO, EISDIR, ENAMETOOLONG, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS, ESTALE
from pathlib import Path

# What the disk may refuse, in words that stand behind the path.
FORBIDDEN = "may not be read or written; allow it, or name another place"
ILL = "cannot be read or written at the moment; see to the disk or the network share, and run it again"
FULL = "cannot be written, for the disk or what you may use of it is full; make room, and run it again"
FILE = "cannot be made or read, for a file stands where a folder should be; name another place, or move the file"
BLOCKED = {
    **dict.fromkeys((EACCES, EPERM, EROFS), FORBIDDEN),
    **dict.fromkeys((ENOSPC, EDQUOT), FULL),
    **dict.fromkeys((EIO, ESTALE), ILL),
    **dict.fromkeys((ENOTDIR, EEXIST), FILE),
    EISDIR: "is a folder, and should be a file; move it",
    ENAMETOOLONG: "is too long a name",
}


class UnmaskError(Exception):
    """Base of every error that a user can cause and mend; shown as one message, without a traceback."""


class ParamsError(UnmaskError):
    """`params.yaml` or a recipe holds an unknown key, a wrong type or a bad combination."""


class SchemaError(UnmaskError):
    """A table on disk is missing or does not have the columns, types or keys that its step promises."""


class LayoutError(UnmaskError):
    """A raw folder does not look as its layout says; the message names the file and the rule."""


class VideoError(UnmaskError):
    """One video cannot be read. Steps turn it into a row with a status and a reason."""


class TransientError(VideoError):
    """One video cost more time or memory than it may, or its decoder died: on another day it may not.

    So it is tried again whenever its step runs, which costs at most `limits.max_seconds` for each such video. To
    remember it would lose videos for good that were slow on a busy day.
    """


class LeakError(UnmaskError):
    """The audit of the split found something that stands in two splits."""


class DataError(UnmaskError):
    """The data at hand cannot serve the step: nothing to read, one class only, too many failures."""


class EngineError(UnmaskError):
    """The processes or machines that should do the work are not there, or do not work."""


class WorkersLostError(EngineError):
    """A worker process died, or the cluster lost it, in the middle of its work."""


def few(names: Sequence[str]) -> str:
    """Join the first few of many names for a message."""
    shown = 3
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")


def blocked(error: OSError) -> str:
    """Say what the disk refuses; nothing if it is no matter of files.

    Example:
        >>> blocked(PermissionError(13, "Permission denied", "/data/out"))
        '/data/out may not be read or written; allow it, or name another place.'
    """
    quoted = re.search("'(.+?)'", str(error))  # what Arrow raises has no name
    path = Path(os.fsdecode(error.filename) if error.filename else quoted[1] if quoted else "")
    if error.errno == ENOENT and path.name:
        where = "" if path.is_absolute() else f" in {Path.cwd()}; commands run from the root of the repository"
        return f"{path} does not exist{where}."
    if error.errno in (ENOSPC, EDQUOT) and not path.name:
        return f"A file {FULL}."
    return f"{path} {BLOCKED[error.errno]}." if error.errno in BLOCKED and path.name else ""


def refuse(error: OSError) -> None:
    """Say that a folder cannot be read, for what it holds would be left out in silence; one that is not there may be.

    Raises:
        LayoutError: It is there and cannot be read.
    """
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise LayoutError(unread(error)) from None


def unread(error: OSError) -> str:
    """Say why a file or folder cannot be read, whatever the reason."""
    return blocked(error) or f"{os.fsdecode(error.filename or 'A file')} cannot be read: {error.strerror or error}."


def undecoded(error: Exception, path: Path) -> str:
    """Say on which line a file is not in UTF-8; of another error, what it says."""
    if not isinstance(error, UnicodeDecodeError):
        return str(error)
    try:
        # The error knows only the part of the file that was read last.
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError as whole:
        error = whole
    return f"line {error.object[: error.start].count(10) + 1} is in another encoding"


def warn(text: str) -> None:
    """Tell the user something that does not stop the step."""
    sys.stderr.write(f"warning: {text}\n")
