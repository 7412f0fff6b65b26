"""Errors and warnings meant for people: each message says what is wrong, where, and what would be right."""

import sys
from collections.abc import Sequence


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


def warn(text: str) -> None:
    """Tell the user something that does not stop the step."""
    sys.stderr.write(f"warning: {text}\n")
