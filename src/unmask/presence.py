"""Presence: whether a video that `index` found can still be read; if not, the reason that its row gives."""

import os
from pathlib import Path

GONE = "is gone since `index` found it; bring it back, or index the corpus again"
FORBIDDEN = "may not be read; allow it (`chmod +r`)"


def lost(path: Path) -> str:
    """Say why what was found once can no longer be read, and what to do; nothing if it can."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except PermissionError:
        return FORBIDDEN
    except OSError as error:
        return f"cannot be read: {error.strerror}; see to the disk or the network share, and run it again"
    return "" if os.access(path, os.R_OK) else FORBIDDEN
