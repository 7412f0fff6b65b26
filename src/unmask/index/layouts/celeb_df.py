"""Celeb-DF v2: celebrities and their face swaps (https://github.com/yuezunli/celeb-deepfakeforensics)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from unmask.errors import LayoutError, few
from unmask.index.entry import FAKE, REAL, Entry, key, videos_below, warn
from unmask.index.layout import Layout

LIST = "List_of_testing_videos.txt"
# Label of each folder, and the names of the videos in it.
FOLDERS = {
    "Celeb-real": (REAL, re.compile(r"(id\d+)_(\d{4})\.mp4"), "id<p>_<NNNN>.mp4"),
    "YouTube-real": (REAL, re.compile(r"(\d{5})\.mp4"), "<NNNNN>.mp4"),
    "Celeb-synthesis": (FAKE, re.compile(r"(id\d+)_(id\d+)_(\d{4})\.mp4"), "id<p>_id<q>_<NNNN>.mp4"),
}


class Options(Layout):
    """The layout has no options."""

    layout: Literal["celeb_df"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos; those of the official list are the test split, all others have none.

    Raises:
        LayoutError: A video's name is not in the official form, or the list is missing or contradicts the folders.
    """
    tested = _tested(root)
    entries = [_entry(root, corpus, path, tested) for folder in FOLDERS for path in videos_below(root, folder)]
    if absent := sorted(tested - {entry.path for entry in entries}):
        warn(f"{root / LIST} lists {len(absent)} videos that are not there: {few(absent)}.")
    return entries


def _entry(root: Path, corpus: str, path: str, tested: set[str]) -> Entry:
    folder, _, name = path.partition("/")
    label, pattern, form = FOLDERS[folder]
    match = pattern.fullmatch(name)
    if match is None:
        raise LayoutError(f"{root / path}: videos in {folder} are named {form}.")
    identities: tuple[str, ...] = (match[1],)
    pair = None
    if folder == "YouTube-real":
        identities = (f"youtube-{match[1]}",)
    elif label == FAKE:
        # id<p> is the person filmed, id<q> the face put in (the authors' words: aa original, bb swapped, cc index).
        identities, pair = (match[1], match[2]), key(corpus, f"Celeb-real/{match[1]}_{match[3]}.mp4")
    return Entry(
        path=path,
        label=label,
        method="Celeb-synthesis" if label == FAKE else "",
        compression="",
        identities=identities,
        cluster=identities[0],
        pair=pair,
        split="test" if path in tested else None,
    )


def _tested(root: Path) -> set[str]:
    """Read the official list, in which 1 is real and 0 is fake."""
    return set(_lines(root / LIST))


def _lines(file: Path) -> Iterator[str]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise LayoutError(f"{file} is missing; Celeb-DF v2 comes with it, and it names the test split.") from None
    except UnicodeDecodeError:
        raise LayoutError(f"{file} is not text.") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        written, _, path = line.strip().partition(" ")
        folder = path.strip().partition("/")[0]
        if written not in ("0", "1") or folder not in FOLDERS:
            raise LayoutError(
                f"{file}, line {number}: `{line.strip()}` should be 1 (real) or 0 (fake), a space, and a path in "
                f"{', '.join(FOLDERS)}."
            )
        real = FOLDERS[folder][0] == REAL
        if real != (written == "1"):
            right = "real (1)" if real else "fake (0)"
            raise LayoutError(f"{file}, line {number}: says {written}, but videos in {folder} are {right}.")
        yield path.strip()
