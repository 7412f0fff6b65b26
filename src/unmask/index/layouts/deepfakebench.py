"""DeepfakeBench's list of a data set whose faces are cropped already (https://github.com/SCLBD/DeepfakeBench).

    {"<data set>": {"<label>": {"<split>": {["<compression>": {]"<video>": {"label": "<label>", "frames": [...]}}}}}}

As `preprocessing/rearrange.py` writes it: paths of pictures below one root, on Windows with back slashes; masks and
landmarks are left out. A label stands twice, above and inside, and must be the same. The authors' lists repeat videos
in several splits (test as val, and all of UADFV in each): test counts before val, and val before train; where every
video stands in each split, the list splits nothing.

Rules that can be tolerated: `row` (keys are missing or of another type, a split that does not exist, pictures of one
video in several folders), `label` (a label that nobody knows, or that contradicts), `duplicate` (a key that stands
twice, videos with the same pictures), `path` (a path that leaves the root).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import field_validator

from unmask.errors import LayoutError, few, warn
from unmask.folders import is_picture
from unmask.index.bench import meaning, people
from unmask.index.bench_list import SPLITS, Listed, Part, read_list
from unmask.index.entry import FAKE, REAL, Entry, key_of
from unmask.index.layout import Layout, Rules
from unmask.index.names import Named


class Options(Layout):
    """Which list, and which of its parts.

    Attributes:
        file: Path of the list below the root.
        dataset: Name of the data set in the list; may be left out where there is only one.
        compression: Which copy is read of a data set that has several.
        prefix: What the paths in the list begin with above the root, such as `deepfakes_detection_datasets`.
    """

    layout: Literal["deepfakebench"]
    file: str
    dataset: str | None = None
    compression: Literal["raw", "c23", "c40"] | None = None
    prefix: str = ""

    @field_validator("file")
    @classmethod
    def _file(cls, file: str) -> str:
        path = PurePosixPath(file)
        if path.suffix != ".json" or path.is_absolute() or ".." in path.parts:
            raise ValueError("must be a path below the corpus' root that ends in .json")
        return file


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos of the list whose pictures are there; how many are not is told.

    Raises:
        LayoutError: The list is missing or a rule is broken (the message names file, keys and rule), or no picture
            of the list is there.
    """
    rules, file = Rules(options), root / options.file
    listed = read_list(file, Part(options.dataset, options.compression, options.prefix), rules)
    found = dict(_found(root, file, list(_alone(listed, rules))))
    if not found:
        raise LayoutError(
            f"{file}: none of its {len(listed)} videos is below {root}"
            + (f", where the first should be in `{listed[0].folder}`" if listed else "")
            + "; the option `prefix` cuts off what the paths begin with above the root."
        )
    splits = _splits(file, listed)
    entries = [_entry(corpus, path, one, splits, options) for path, one in found.items()]
    rules.tell(root)
    return _paired(corpus, entries)


def _alone(listed: Sequence[Listed], rules: Rules) -> Iterator[Listed]:
    """Give the videos that share no picture with one before; only single pictures may share a folder."""
    pictures: dict[str, Listed] = {}
    folders: dict[str, Listed] = {}
    for one in listed:
        own = {f"{one.folder}/{name}": one for name in sorted(one.pictures)}
        other = next((pictures[path] for path in own if path in pictures), None)
        first = folders.setdefault(one.folder, one)
        if other is not None:
            rule: Literal["label", "duplicate"] = "duplicate" if other.label == one.label else "label"
            rules.broken(rule, one.place, f"has the same pictures as {other.place}.")
        elif first is not one and max(len(first.pictures), len(one.pictures)) > 1:
            rules.broken("row", one.place, f"`{one.folder}` holds the pictures of another video too: {first.place}.")
        else:
            pictures |= own
            yield one


def _found(root: Path, file: Path, listed: Sequence[Listed]) -> Iterator[tuple[str, Listed]]:
    """Give videos with their paths on disk: the folder of their pictures, or a single picture among others."""
    several = Counter(one.folder for one in listed)
    absent, missing, more = [], 0, []
    for one in listed:
        folder = root / one.folder
        held = {path.name for path in folder.iterdir() if is_picture(path.name)} if folder.is_dir() else set()
        there = held & one.pictures
        missing += len(one.pictures - held) if there else 0
        if not there:
            absent.append(one.folder)
        elif len(one.pictures) == 1 and (len(held) > 1 or several[one.folder] > 1):
            yield f"{one.folder}/{there.pop()}", one
        else:
            more += [one.folder] if held > there else []
            yield one.folder, one
    if absent:
        warn(f"{file}: the pictures of {len(absent)} of {len(listed)} videos are not there: {few(absent)}.")
    if missing:
        warn(f"{file}: {missing} listed pictures of other videos are not there either.")
    if more:
        warn(f"{file}: {len(more)} folders hold pictures that the list does not name; they are read too: {few(more)}.")


def _splits(file: Path, listed: Sequence[Listed]) -> tuple[str, ...]:
    """Tell which splits count, in order; none if every video stands in each."""
    several = sum(len(one.splits) > 1 for one in listed)
    if several == len(listed) and all(one.splits == set(SPLITS) for one in listed):
        warn(f"{file}: every video stands in train, val and test, so there is no official split.")
        return ()
    if several:
        warn(f"{file}: {several} videos stand in several splits; test counts before val, and val before train.")
    return SPLITS


def _entry(corpus: str, path: str, one: Listed, splits: tuple[str, ...], options: Options) -> Entry:
    label, method = meaning(one.label) or (REAL, "")
    named = people(one.label, one.name, path) or Named((f"{corpus}:{one.name}",), one.name)
    return Entry(
        path=path,
        label=label,
        method=method,
        compression=options.compression or "",
        identities=named.people,
        cluster=named.people[0],
        # Until all are read: the real video's people and name.
        pair=f"{named.people[0]}/{named.real}",
        split=next((split for split in splits if split in one.splits), None),
        kind="faces",
    )


def _paired(corpus: str, entries: list[Entry]) -> list[Entry]:
    """Give each fake the key of the real video it was made from, where that is listed."""
    reals = {entry.pair: key_of(corpus, entry) for entry in entries if entry.label == REAL}
    return [replace(entry, pair=reals.get(entry.pair) if entry.label == FAKE else None) for entry in entries]
