"""WildDeepfake: sequences of face pictures cut from videos of the internet (https://github.com/OpenTAI/wild-deepfake).

    [deepfake_in_the_wild/]{real,fake} {train,test}/<N>/{real,fake}/<sequence>/<frame>.png

The download has `<N>.tar.gz` where this has the folder <N>: unpacked in their places, they give just this. The copy on
Hugging Face (xingjunm/WildDeepfake) writes `real_train` for `real train`; both are read. A picture's name is the number
of its frame in the source video. Numbers <N> repeat in the four categories, and nobody says who is in the videos, so
the folder <N> stands for person and source: validation is cut by it, never by sequence.

Rules that can be tolerated: `name` (pictures elsewhere or with other names), `label` (a folder `fake` in a category of
real ones, or the other way round), `listed` (an archive that is not unpacked), `duplicate` (a category with both
spellings).
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from unmask.errors import LayoutError
from unmask.index.entry import FAKE, REAL, UNKNOWN, Entry
from unmask.index.faces import folders_below
from unmask.index.layout import Layout, Rules, compare

BASE = "deepfake_in_the_wild"
LABELS = {"real": REAL, "fake": FAKE}
# Sequences of each category.
PUBLISHED = {"real train": 3409, "fake train": 3099, "real test": 396, "fake test": 410}
PLACE = re.compile(r"(\d+)/(\w+)/(\d+)", re.ASCII)
FORM = "<N>/<real or fake>/<sequence>/<frame>.png"
UNPACK = 'for f in */*.tar.gz; do tar -xzf "$f" -C "${f%/*}"; done'


class Options(Layout):
    """The layout has no options of its own."""

    layout: Literal["wilddeepfake"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the sequences.

    Raises:
        LayoutError: No category is there, an archive is not unpacked, or a folder is not in the official form.
    """
    rules = Rules(options)
    base = f"{BASE}/" if (root / BASE).is_dir() else ""
    entries = [
        entry
        for category, folder in _categories(root, base, rules)
        for entry in _entries(root, category, folder, rules)
    ]
    if not entries:
        raise LayoutError(f"{root / base} holds no pictures in {', '.join(PUBLISHED)}, as {FORM}.")
    compare(root, Counter(entry.attributes["category"] for entry in entries), PUBLISHED)
    rules.tell(root)
    return entries


def _categories(root: Path, base: str, rules: Rules) -> Iterator[tuple[str, str]]:
    """Give the categories that are there, each with its folder below the root."""
    for category in PUBLISHED:
        spellings = (category, category.replace(" ", "_"))
        found = [f"{base}{name}" for name in spellings if (root / base / name).is_dir()]
        if len(found) > 1:
            rules.broken("duplicate", root / found[1], f"`{found[0]}` is there too; keep one.")
        if found:
            _check_unpacked(root, found[0], base, rules)
            yield category, found[0]


def _check_unpacked(root: Path, folder: str, base: str, rules: Rules) -> None:
    for archive in sorted((root / folder).glob("*.tar.gz")):
        if not archive.with_name(archive.name.removesuffix(".tar.gz")).is_dir():
            rules.broken("listed", archive, f"not unpacked; this unpacks all: (cd '{root / base}' && {UNPACK}).")


def _entries(root: Path, category: str, folder: str, rules: Rules) -> Iterator[Entry]:
    name, split = category.split()
    for path, pictures in folders_below(root, folder):
        match = PLACE.fullmatch(path.removeprefix(f"{folder}/"))
        odd = next((picture for picture in pictures if not re.fullmatch(r"[0-9]+\.png", picture)), None)
        if match is None or match[2] not in LABELS:
            rules.broken("name", root / path, f"pictures lie in {folder}/{FORM}.")
        elif match[2] != name:
            rules.broken("label", root / path, f"a folder `{match[2]}` in the category `{category}`.")
        elif odd is not None:
            rules.broken("name", root / path / odd, "pictures are named <number of the frame>.png.")
        else:
            yield _entry(path, category, match[1], split)


def _entry(path: str, category: str, number: str, split: str) -> Entry:
    person = f"wilddeepfake:{category}/{number}"
    label = LABELS[category.split()[0]]
    return Entry(
        path=path,
        label=label,
        method=UNKNOWN if label == FAKE else "",
        compression="",
        identities=(person,),
        cluster=person,
        pair=None,
        split=split,
        sources=(person,),
        attributes={"category": category},
        kind="faces",
    )
