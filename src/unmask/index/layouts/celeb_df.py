"""Celeb-DF v1 and v2: celebrities and their face swaps (https://github.com/yuezunli/celeb-deepfakeforensics).

Rules that can be tolerated: `name` (a video that is not in the official form), and of the test list `row` (a line that
is not in its form), `path` (a path that leaves the root), `label` (a label that contradicts the folder; the video is
left out) and `duplicate` (a video that stands there twice).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from unmask.errors import LayoutError, few, warn
from unmask.index.entry import FAKE, REAL, Entry, key
from unmask.index.files import read_text
from unmask.index.layout import Layout, Rules, compare

LIST = "List_of_testing_videos.txt"
FAKES, METHOD = "Celeb-synthesis", "Celeb-synthesis"
LABELS = {"Celeb-real": REAL, "YouTube-real": REAL, FAKES: FAKE}
REAL_NAMES = {
    "Celeb-real": (re.compile(r"(id\d+)_\d{4}\.mp4", re.ASCII), "id<p>_<NNNN>.mp4"),
    "YouTube-real": (re.compile(r"(\d{5})\.mp4", re.ASCII), "<NNNNN>.mp4"),
}
FAKE_NAME = re.compile(r"(id\d+)_(id\d+)_(\d{4})\.mp4", re.ASCII)
FAKE_FORM = "id<p>_id<q>_<NNNN>.mp4"
TESTED = "test list"
PUBLISHED = {
    "v1": {"Celeb-real": 158, "YouTube-real": 250, FAKES: 795, TESTED: 100},
    "v2": {"Celeb-real": 590, "YouTube-real": 300, FAKES: 5639, TESTED: 518},
}


class Options(Layout):
    """Which data set it is.

    Attributes:
        version: `v1` or `v2`; both lie on disk in the same way, and differ in their numbers.
    """

    layout: Literal["celeb_df"]
    version: Literal["v1", "v2"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos; those of the official list are the test split, all others have none.

    Raises:
        LayoutError: A video's name is not in the official form, or the list is missing or contradicts the folders.
    """
    rules = Rules(options)
    tested, contradicted = read_list(root, rules)
    entries = list(reals(root, rules, tested))
    for path, match in rules.named(root, FAKES, FAKE_NAME, FAKE_FORM):
        entries.append(fake(corpus, path, METHOD, match.groups(), tested))
    _check_version(root, options, entries)
    entries = [entry for entry in entries if entry.path not in contradicted]
    tell(root, entries, tested, PUBLISHED[options.version], rules)
    return entries


def reals(root: Path, rules: Rules, tested: set[str]) -> Iterator[Entry]:
    """Name the real videos: celebrities by their ids, and everybody in YouTube-real by the video's number."""
    for folder, (pattern, form) in REAL_NAMES.items():
        for path, match in rules.named(root, folder, pattern, form):
            name = f"celeb_df:{match[1]}" if folder == "Celeb-real" else f"celeb_df:youtube-{match[1]}"
            yield Entry(path, REAL, "", "", (name,), name, pair=None, split="test" if path in tested else None)


def fake(corpus: str, path: str, method: str, parts: Sequence[str], tested: set[str]) -> Entry:
    """Name a fake.

    Args:
        corpus: Name of the corpus.
        path: Path of the fake below the root.
        method: How it was made.
        parts: People and at last the number of the clip. The first is the one filmed (in the authors' words: aa
            original, bb swapped, cc index).
        tested: Paths of the test list.
    """
    *people, clip = parts
    names = tuple(f"celeb_df:{person}" for person in people)
    pair = key(corpus, f"Celeb-real/{people[0]}_{clip}.mp4")
    return Entry(path, FAKE, method, "", names, names[0], pair, split="test" if path in tested else None)


def read_list(root: Path, rules: Rules) -> tuple[set[str], set[str]]:
    """Read the official test list, in which 1 is real and 0 is fake.

    Returns:
        Paths of the tested videos, and of those whose label contradicts their folder.
    """
    file = root / LIST
    tested: set[str] = set()
    contradicted: set[str] = set()
    lines = read_text(file, "the data set comes with it, and it names the test split").splitlines()
    for number, line in enumerate(map(str.strip, lines), start=1):
        place = f"{file}, line {number}"
        if line and (path := _listed(rules, place, line, contradicted)) is not None:
            if path in tested:
                rules.broken("duplicate", place, f"{path} stands there twice.")
            tested.add(path)
    return tested - contradicted, contradicted


def _listed(rules: Rules, place: str, line: str, contradicted: set[str]) -> str | None:
    """Give the path in a line of the list, or None if the line breaks a rule; note a path with the wrong label."""
    written, _, rest = line.partition(" ")
    path = rules.below(place, rest.strip()) if rest.strip() else ""
    if path is None:
        return None
    label = LABELS.get(path.partition("/")[0])
    if written not in ("0", "1") or label is None or not path.endswith(".mp4"):
        form = f"1 (real) or 0 (fake), a space, and the path of a video in {', '.join(LABELS)}"
        rules.broken("row", place, f"`{line}` should be {form}.")
        return None
    if (label == REAL) != (written == "1"):
        right = "real (1)" if label == REAL else "fake (0)"
        rules.broken("label", place, f"says {written}, but videos in {path.partition('/')[0]} are {right}.")
        contradicted.add(path)
        return None
    return path


def _check_version(root: Path, options: Options, entries: list[Entry]) -> None:
    """Refuse more videos than the version has: less is a partial download, more is another data set."""
    found = Counter(entry.path.partition("/")[0] for entry in entries)
    for part, count in PUBLISHED[options.version].items():
        if found[part] > count:
            raise LayoutError(
                f"{root / part} holds {found[part]:,} videos, but Celeb-DF {options.version} has {count:,} there; "
                f"is the option `version` right?"
            )


def tell(root: Path, entries: list[Entry], tested: set[str], published: Mapping[str, int], rules: Rules) -> None:
    """Warn of what is missing, extra or left out."""
    if absent := sorted(tested - {entry.path for entry in entries}):
        warn(f"{root / LIST} lists {len(absent)} videos that are not there: {few(absent)}.")
    found = Counter(entry.path.partition("/")[0] for entry in entries)
    compare(root, found | Counter({TESTED: len(tested)}), published)
    rules.tell(root)
