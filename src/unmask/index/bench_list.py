"""DeepfakeBench's lists: the videos of one data set, each once, with its label, its splits and its pictures."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from unmask.errors import LayoutError, warn
from unmask.index.bench import meaning
from unmask.index.files import read_json
from unmask.index.layout import Rules

SPLITS = ("test", "val", "train")
COMPRESSIONS = frozenset({"raw", "c23", "c40"})


@dataclass(frozen=True)
class Part:
    """Which part of a list is read: see the layout's options of the same names."""

    dataset: str | None
    compression: str | None
    prefix: str


@dataclass
class Listed:
    """One video.

    Attributes:
        place: File and keys, for messages.
        label: DeepfakeBench's label.
        name: The video's name.
        folder: Folder of its pictures below the root.
        pictures: Their names.
        splits: Splits in which it stands.
    """

    place: str
    label: str
    name: str
    folder: str
    pictures: set[str]
    splits: set[str] = field(default_factory=set)


def read_list(file: Path, part: Part, rules: Rules) -> list[Listed]:
    """Read one data set of a list.

    Raises:
        LayoutError: The file is missing or no such list, or a rule is broken.
    """
    videos: dict[tuple[str, str], Listed] = {}
    empty = 0
    for place, label, split, name, record in _records(file, part, rules):
        paths = _paths(place, label, record, part.prefix, rules)
        if paths is None:
            continue
        folders = sorted({path.parent.as_posix() for path in paths})
        known = videos.get((label, name))
        if len(folders) > 1 or (known and folders and known.folder != folders[0]):
            rules.broken("row", place, f"pictures of one video lie in several folders: {', '.join(folders)}.")
        elif folders:
            known = videos.setdefault((label, name), Listed(place, label, name, folders[0], set()))
            known.pictures |= {path.name for path in paths}
            known.splits.add(split)
        empty += not folders
    if empty:
        warn(f"{file}: {empty} videos have no pictures and are skipped.")
    return list(videos.values())


def _records(file: Path, part: Part, rules: Rules) -> Iterator[tuple[str, str, str, str, Any]]:
    """Give for every record its place in words, its label, split and video, and itself."""
    for label, splits in _labels(file, part, rules).items():
        if meaning(label) is None:
            rules.broken("label", f"{file}, `{label}`", "not a label of DeepfakeBench, such as FF-DF or simswap_Fake.")
            continue
        for split, videos in _mapping(splits, f"{file}, `{label}`", "splits", rules).items():
            place = f"{file}, `{label}`.`{split}`"
            if split not in SPLITS:
                rules.broken("row", place, f"not a split; those are {', '.join(SPLITS)}.")
            elif isinstance(videos, dict) and {"label", "frames"} <= videos.keys():
                # So it stands in the authors' list of DFDC.
                warn(f"{place} holds one record without a name instead of videos and is skipped.")
            else:
                copy = _copy(_mapping(videos, place, "videos", rules), place, part, rules)
                yield from ((f"{place}.`{name}`", label, split, name, record) for name, record in copy.items())


def _labels(file: Path, part: Part, rules: Rules) -> dict[str, Any]:
    """Find the data set in the list."""
    listed = read_json(file, "the layout's option `file` names DeepfakeBench's list", rules)
    sets = _mapping(listed, str(file), "data sets", rules)
    name = part.dataset or next(iter(sets), "")
    if name not in sets or (part.dataset is None and len(sets) > 1):
        raise LayoutError(
            f"{file} has the data sets {', '.join(sets) or 'none'}; the option `dataset` must name one of them."
        )
    return _mapping(sets[name], f"{file}, `{name}`", "labels", rules)


def _copy(videos: dict[str, Any], place: str, part: Part, rules: Rules) -> dict[str, Any]:
    """Choose the copy of one compression, where a data set has several."""
    copies = sorted(videos.keys() & COMPRESSIONS)
    if not copies:
        return videos
    if part.compression not in copies:
        raise LayoutError(f"{place} has {', '.join(copies)}; the layout's option `compression` must choose one.")
    return _mapping(videos[part.compression], f"{place}.`{part.compression}`", "videos", rules)


def _mapping(value: Any, place: str, what: str, rules: Rules) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    rules.broken("row", place, f"should be a mapping of {what}, not {type(value).__name__}.")
    return {}


def _paths(place: str, label: str, record: Any, prefix: str, rules: Rules) -> list[PurePosixPath] | None:
    """Check a record and give the paths of its pictures below the root; None if it breaks a rule."""
    keyed = record if isinstance(record, dict) else {}
    frames = keyed.get("frames")
    paths = isinstance(frames, list) and all(isinstance(frame, str) for frame in frames)
    if not isinstance(keyed.get("label"), str) or not isinstance(frames, list) or not paths:
        rules.broken("row", place, 'should have "label", a text, and "frames", a list of paths.')
        return None
    if keyed["label"] != label:
        rules.broken("label", place, f"says `{keyed['label']}`, but stands under `{label}`.")
        return None
    below = [rules.below(place, _cut(frame, prefix)) for frame in frames]
    return [PurePosixPath(path) for path in below if path is not None]


def _cut(path: str, prefix: str) -> str:
    """Cut off what a path begins with above the root."""
    clean, above = (text.replace("\\", "/").removeprefix("./") for text in (path, prefix))
    return clean.removeprefix(f"{above.rstrip('/')}/") if prefix else clean
