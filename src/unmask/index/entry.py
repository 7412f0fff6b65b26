"""What layouts give, and what they share: entries and video files below a folder."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from unmask.errors import LayoutError, few, refuse, warn

SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".3gp", ".flv"}
    | {".wmv", ".ogv", ".h264", ".h265", ".hevc", ".ivf", ".mxf", ".gif"}
)
# Of pictures and animations, which count as videos only where a layout says so.
PICTURES = frozenset({".jpg", ".jpeg", ".png", ".apng", ".webp", ".bmp"})
REAL, FAKE = 0, 1
# The method of a fake of which nobody says how it was made.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Entry:
    """One video of a corpus, as its layout knows it; see the table `videos` for the meaning of the fields.

    Attributes:
        path: Path below the root, forward slashes; of a folder of pictures, or of one, if the kind is `faces`.
        identities: Names `<namespace>:<name>`. The namespace is the data set that the name comes from, so that
            `faceforensics:071` is the same person in every corpus; `<corpus>:<name>` where nothing else is known.
        cluster: A name of the same form.
        pair: Key of a video (see `key`), or such a key made of a token that several videos share. It may be a real
            video of another corpus, which `split` then borrows as a real of this corpus too.
        sources: Source clips that may give several videos, names of the same form; empty where nothing is known.
        attributes: What else the data set says of the video (race, gender, level of distortion, ...).
        kind: `video`, or `faces`: a folder of pictures, already cropped to faces, which pass by detection.
    """

    path: str
    label: int
    method: str
    compression: str
    identities: tuple[str, ...]
    cluster: str
    pair: str | None
    split: str | None
    sources: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["video", "faces"] = "video"


def key(corpus: str, path: str) -> str:
    """Give the key of a video file.

    Example:
        >>> key("mine", "real/a.b/one.mp4")
        'mine/real/a.b/one'
    """
    return f"{corpus}/{PurePosixPath(path).with_suffix('')}"


def key_of(corpus: str, entry: Entry) -> str:
    """Give an entry's key; the path of face pictures stays whole, since a folder's name may have dots.

    Example:
        >>> key_of("mine", Entry("fake/a.b", 1, "x", "", (), "", None, None, kind="faces"))
        'mine/fake/a.b'
    """
    return f"{corpus}/{entry.path}" if entry.kind == "faces" else key(corpus, entry.path)


def videos_below(root: Path, folder: str, suffixes: frozenset[str] = SUFFIXES) -> Iterator[str]:
    """Find the files with the suffix of a video below a folder, at any depth, hidden ones left out.

    Args:
        root: The corpus' root.
        folder: A folder below it.
        suffixes: Other suffixes to look for, in lower case.

    Yields:
        Paths below the root, forward slashes, sorted.

    Raises:
        LayoutError: A name is not UTF-8, or a folder may not be read.
    """
    found, seen = [], set()
    for place, folders, names in os.walk(root / folder, followlinks=True, onerror=refuse):
        here = Path(place)
        seen.add(here.resolve())
        # Links may lead back up.
        folders[:] = [f for f in folders if not f.startswith(".") and (here / f).resolve() not in seen]
        found += [here / n for n in names if not n.startswith(".") and Path(n).suffix.lower() in suffixes]
    if odd := sorted(str(path) for path in found if not path.is_file()):
        warn(f"{len(odd)} names below {root / folder} are links to nothing or no files, and are skipped: {few(odd)}.")
    for path in found:
        if not str(path).isprintable() or any(0xD800 <= ord(letter) <= 0xDFFF for letter in str(path)):
            raise LayoutError(f"{str(path)!r}: the name is not printable UTF-8, and no table could hold it; rename it.")
    yield from sorted(path.relative_to(root).as_posix() for path in found if path.is_file())
