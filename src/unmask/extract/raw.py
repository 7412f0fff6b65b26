"""Raw: where the raw files of a corpus are, for the steps that decode them again when no clips are kept."""

from dataclasses import dataclass
from pathlib import Path

from unmask.limits import Limits


@dataclass(frozen=True)
class Raw:
    """A corpus' raw folder, and what decoding one of its files may cost."""

    root: Path
    limits: Limits
