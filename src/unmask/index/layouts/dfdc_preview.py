"""DFDC Preview: 66 actors, forged by two methods (https://ai.meta.com/datasets/dfdc, arXiv:1910.08854).

    [dfdc_preview_set/]dataset.json
    [dfdc_preview_set/]original_videos/<id>/<id>_<letter>_<NNN>.mp4
    [dfdc_preview_set/]method_{A,B}/<target>/<target>_<letter>/<swapped>_<target>_<letter>_<NNN>.mp4

dataset.json gives each path its label, set (train or test), target_id, swapped_id and augmentations. Letter and
recording stand for one session of an actor, which gave several clips. A fake's pair is the clip of its recording with
the same number, where that is listed. There is no official val.

Rules that can be tolerated: `name` (a path that is not in the official form), `row` (an entry that is not, or ids that
are not those of the name), `path` (a path that leaves the root), `label` (a label that contradicts the folder),
`duplicate` (a key that stands twice), `listed` (a video that dataset.json does not list).
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from unmask.errors import LayoutError
from unmask.index.entry import FAKE, REAL, Entry, key, videos_below
from unmask.index.layout import Layout, Rules, compare
from unmask.index.metadata import base, check_listed, read_objects

FILE = "dataset.json"
METHODS = {"method_A": "A", "method_B": "B"}
REALS = "original_videos"
REAL_NAME = re.compile(rf"{REALS}/(?P<target>\d+)/(?P<clip>(?P<session>(?P=target)_[A-Z]+)_\d+)\.mp4", re.ASCII)
FAKE_NAME = re.compile(
    r"(?P<folder>method_[AB])/(?P<target>\d+)/(?P<session>(?P=target)_[A-Z]+)/"
    r"(?P<swapped>\d+)_(?P<clip>(?P=session)_\d+)\.mp4",
    re.ASCII,
)
LABELS = {"real": REAL, "fake": FAKE}
SPLITS = ("train", "test")
PUBLISHED = {"real": 1131, "fake": 4119, "train": 4464, "test": 780}


class Options(Layout):
    """The layout has no options of its own."""

    layout: Literal["dfdc_preview"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos that dataset.json lists and that are there.

    Raises:
        LayoutError: The list is missing, or a path or an entry is not in the official form.
    """
    rules = Rules(options)
    prefix = base(root, ["dfdc_preview_set"], [FILE])
    file = root / f"{prefix}{FILE}"
    need = "the data set comes with it, and it holds the labels"
    rows = list(read_objects(file, need, rules))
    listed = {
        f"{prefix}{clean}": (place, match, values)
        for place, path, values in rows
        if (clean := rules.below(place, path)) is not None and (match := _match(clean, place, rules)) is not None
    }
    there = {path for folder in (REALS, *METHODS) for path in videos_below(root, f"{prefix}{folder}")}
    check_listed(root, file, [f"{prefix}{path}" for _, path, _ in rows], there, rules)
    entries = [
        _entry(corpus, prefix, path, match, values, listed)
        for path, (place, match, values) in sorted(listed.items())
        if _is_right(place, match, values, rules) and path in there
    ]
    if not entries:
        raise LayoutError(
            f"{root / prefix} holds none of the videos that {FILE} lists, in {REALS}, {', '.join(METHODS)}."
        )
    counted = [(("real", "fake")[entry.label], entry.split) for entry in entries]
    compare(root, Counter(str(part) for parts in counted for part in parts), PUBLISHED)
    rules.tell(root)
    return entries


def _match(path: str, place: str, rules: Rules) -> re.Match[str] | None:
    match = REAL_NAME.fullmatch(path) or FAKE_NAME.fullmatch(path)
    if match is None:
        form = "method_<A or B>/<target>/<target>_<letter>/<swapped>_<target>_<letter>_<NNN>.mp4"
        rules.broken("name", place, f"paths are {REALS}/<id>/<id>_<letter>_<NNN>.mp4 or {form}.")
    return match


def _is_right(place: str, match: re.Match[str], values: Mapping[str, Any], rules: Rules) -> bool:
    parts = match.groupdict()
    label = LABELS.get(str(values.get("label")))
    people = sorted({str(values.get(name)) for name in ("target_id", "swapped_id")} - {"None"})
    named = sorted({parts[name] for name in ("target", "swapped") if name in parts})
    if label is None or values.get("set") not in SPLITS or not isinstance(values.get("augmentations", []), list):
        form = "`label` should be real or fake, `set` train or test, `augmentations` a list"
        rules.broken("row", place, f"{form}.")
    elif (label == FAKE) != ("swapped" in parts):
        right = "fake" if "swapped" in parts else "real"
        rules.broken("label", place, f"the label is {values['label']}, but videos in this folder are {right}.")
    elif people != named:
        rules.broken("row", place, f"the ids are {', '.join(people) or 'none'}, but the name says {', '.join(named)}.")
    else:
        return True
    return False


def _entry(
    corpus: str, prefix: str, path: str, match: re.Match[str], values: Mapping[str, Any], listed: Mapping[str, object]
) -> Entry:
    parts = match.groupdict()
    real = f"{prefix}{REALS}/{parts['target']}/{parts['clip']}.mp4"
    fake = real != path
    names = tuple(f"dfdc_preview:{parts[name]}" for name in ("target", "swapped") if name in parts)
    done = [item if isinstance(item, str) else json.dumps(item, sort_keys=True)
            for item in values.get("augmentations", [])]  # fmt: skip
    return Entry(
        path=path,
        label=FAKE if fake else REAL,
        method=METHODS[parts["folder"]] if fake else "",
        compression="",
        identities=names,
        cluster=names[0],
        pair=key(corpus, real) if fake and real in listed else None,
        split=values["set"],
        sources=(f"dfdc_preview:{parts['session']}",),
        attributes={"augmentations": ";".join(done)} if done else {},
    )
