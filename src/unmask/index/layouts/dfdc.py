"""DFDC: the data set of the Deepfake Detection Challenge (https://ai.meta.com/datasets/dfdc, arXiv:2006.07397).

    [train/][dfdc_train_part_<NN>/]dfdc_train_part_<N>/{metadata.json, <name>.mp4}
    validation/{labels.csv, <name>.mp4}, test/{labels.csv, metadata.json, <name>.mp4}

In labels.csv (label.csv is read too), 1 is fake. Unpacked archives may stand in folders of their own, numbered <NN>.
Nobody says who is in a video, but people were divided by parts, so a part stands for its people. Parts are the
official train split, `validation` (the public test of the challenge) is val and `test` is test; without `validation`,
val is dealt by part. Some fakes are forged in their sound alone, and the data set does not say which.

Rules that can be tolerated: `name` (a video or part with an odd name), `row` (an entry or line of the labels that is
not in its form), `path` (a path in the labels that leaves the root), `label` (a label that contradicts the original or
the other file of labels), `duplicate` (a part, key or line that is there twice), `listed` (an original that its part
does not list, or a video without a label).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from unmask.errors import LayoutError
from unmask.index.entry import FAKE, REAL, Entry, key, videos_below
from unmask.index.labelled import read_labelled
from unmask.index.layout import Layout, Rules, compare
from unmask.index.metadata import check_listed, read_objects

METHOD = "dfdc"
PART = re.compile(r"dfdc_train_part_(\d{1,2})", re.ASCII)
NAME = re.compile(r"[a-z]{10}\.mp4")
LABELS = {"REAL": REAL, "FAKE": FAKE}
# Folders with a file of labels, and their official split.
LABELLED = {"validation": "val", "test": "test"}
PUBLISHED = {"parts": 50, "train real": 19154, "train fake": 100000, "validation": 4000, "test": 5000}


class Options(Layout):
    """The layout has no options of its own."""

    layout: Literal["dfdc"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos of all parts and of the sets for validation and test, as far as they are there.

    Raises:
        LayoutError: There is none of these, labels are missing, or something is not in the official form.
    """
    rules = Rules(options)
    parts = dict(sorted(_parts(root, rules)))
    entries = [entry for number, folder in parts.items() for entry in _part(root, corpus, number, folder, rules)]
    found = Counter({"parts": len(parts)}) + Counter(("train real", "train fake")[entry.label] for entry in entries)
    for folder, split in LABELLED.items():
        if (root / folder).is_dir():
            labelled = [_labelled(video.path, video.label, video.attributes, split)
                        for video in read_labelled(root, folder, rules)]  # fmt: skip
            found[folder] = len(labelled)
            entries += labelled
    if not entries:
        raise LayoutError(f"{root} holds no videos in dfdc_train_part_<N>, train/, {' or '.join(LABELLED)}.")
    compare(root, found, PUBLISHED)
    rules.tell(root)
    return entries


def _parts(root: Path, rules: Rules) -> Iterator[tuple[int, str]]:
    """Give number and folder of each part."""
    seen: dict[int, Path] = {}
    for outer in sorted([*root.glob("dfdc_train_part_*"), *root.glob("train/*")]):
        if not outer.is_dir() or outer.name.startswith("."):
            continue
        match = PART.fullmatch(outer.name)
        if match is None:
            rules.broken("name", outer, "parts are named dfdc_train_part_<N>.")
            continue
        number = int(match[1])
        if number in seen:
            rules.broken("duplicate", outer, f"part {number} is {seen[number]} too.")
            continue
        seen[number] = outer
        # Archives are numbered with two digits and unpack to a folder that is not.
        inner = outer / f"dfdc_train_part_{number}"
        yield number, (inner if inner.is_dir() else outer).relative_to(root).as_posix()


def _part(root: Path, corpus: str, number: int, folder: str, rules: Rules) -> Iterator[Entry]:
    file = root / folder / "metadata.json"
    need = "every part comes with it, and it holds the labels"
    rows = {name: (place, values) for place, name, values in read_objects(file, need, rules)}
    there = set(videos_below(root, folder))
    check_listed(root, file, [f"{folder}/{name}" for name in rows], there, rules)
    labels = {name: label for name, row in rows.items() if (label := _label(name, *row, rules)) is not None}
    for name, label in labels.items():
        place, values = rows[name]
        original = name if label == REAL else str(values["original"])
        if label == FAKE and labels.get(original) != REAL:
            state = "is a fake itself" if original in labels else "is not in this file"
            rule: Literal["label", "listed"] = "label" if original in labels else "listed"
            rules.broken(rule, place, f"the original `{original}` {state}; it should be a real video of the same part.")
        elif f"{folder}/{name}" in there:
            yield _entry(corpus, number, folder, name, original)


def _entry(corpus: str, number: int, folder: str, name: str, original: str) -> Entry:
    fake, clip = name != original, f"dfdc:{original.removesuffix('.mp4')}"
    return Entry(
        path=f"{folder}/{name}",
        label=FAKE if fake else REAL,
        method=METHOD if fake else "",
        compression="",
        identities=(f"dfdc:part_{number}",),
        cluster=clip,
        pair=key(corpus, f"{folder}/{original}") if fake else None,
        split="train",
        sources=(clip,),
        attributes={"part": str(number)},
    )


def _label(name: str, place: str, values: Mapping[str, Any], rules: Rules) -> int | None:
    """Give the label of an entry of metadata.json, or None if the entry breaks a rule that is tolerated."""
    label, original = LABELS.get(str(values.get("label"))), values.get("original")
    if rules.below(place, name) is None:
        return None
    if not NAME.fullmatch(name):
        rules.broken("name", place, "videos are named <10 letters>.mp4.")
    elif label is None or values.get("split") != "train":
        rules.broken("row", place, "`label` should be REAL or FAKE, and `split` train.")
    elif label == FAKE and not isinstance(original, str):
        rules.broken("row", place, "a fake should name its `original`.")
    elif label == REAL and original is not None:
        rules.broken("label", place, f"the label is REAL, but there is an original, `{original}`.")
    else:
        return label
    return None


def _labelled(path: str, label: int, attributes: Mapping[str, str], split: str) -> Entry:
    """Name a video of which nothing but the label is known."""
    name = f"dfdc:{path.rpartition('/')[2].removesuffix('.mp4')}"
    method = METHOD if label == FAKE else ""
    return Entry(path, label, method, "", (name,), name, None, split, sources=(name,), attributes=attributes)
