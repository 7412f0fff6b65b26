"""Folder: reals below `real/`, fakes below `fake/` or `fake/<method>/`, at any depth."""

from pathlib import Path, PurePosixPath
from typing import Literal

from unmask.errors import LayoutError
from unmask.index.entry import FAKE, PICTURES, REAL, SUFFIXES, UNKNOWN, Entry, videos_below
from unmask.index.layout import Layout


class Options(Layout):
    """Nothing can break a rule of this layout.

    Attributes:
        pictures: Whether pictures count too: a still one is a video of one frame, an animated WebP or PNG one of many.
    """

    layout: Literal["folder"]
    pictures: bool = False


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos; nothing but the stem tells who is in them, so equal stems are one identity.

    Raises:
        LayoutError: There is neither `real` nor `fake`, or one is written otherwise.
    """
    for name in ("real", "fake"):
        if not (root / name).is_dir() and (other := _other_case(root, name)):
            raise LayoutError(f"{root / other} must be named `{name}`: upper and lower case matter.")
    if not any((root / name).is_dir() for name in ("real", "fake")):
        raise LayoutError(f"{root} has neither a folder `real` nor a folder `fake`.")

    def entry(path: str, label: int, method: str) -> Entry:
        name = f"{corpus}:{PurePosixPath(path).stem}"
        return Entry(path, label, method, compression="", identities=(name,), cluster=name, pair=None, split=None)

    suffixes = SUFFIXES | PICTURES if options.pictures else SUFFIXES
    reals = [entry(path, REAL, "") for path in videos_below(root, "real", suffixes)]
    return reals + [entry(path, FAKE, _method(path)) for path in videos_below(root, "fake", suffixes)]


def _other_case(root: Path, name: str) -> str | None:
    return min((p.name for p in root.iterdir() if p.name.lower() == name and p.is_dir()), default=None)


def _method(path: str) -> str:
    parts = PurePosixPath(path).parts
    return parts[1] if len(parts) > 2 else UNKNOWN
