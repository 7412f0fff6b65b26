"""Folders of DFDC with one file of labels: `labels.csv`, and in its test set `metadata.json` too."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask.errors import LayoutError
from unmask.index.entry import videos_below
from unmask.index.layout import Rules
from unmask.index.metadata import check_listed, read_csv, read_objects

TABLES = ("labels.csv", "label.csv")
OBJECTS = "metadata.json"
NEED = "it holds the labels"
NAME = re.compile(r"[a-z0-9]+\.mp4")
# The form in which some copies keep the videos.
INNER = "videos"


@dataclass(frozen=True)
class Labelled:
    """One video: its path below the root, 0 for real or 1 for fake, and how it was altered, where that is said."""

    path: str
    label: int
    attributes: Mapping[str, str]


def read_labelled(root: Path, folder: str, rules: Rules) -> list[Labelled]:
    """Read the videos of a folder, with their labels.

    Raises:
        LayoutError: There are no labels, or something is not in its form.
    """
    tables = [root / folder / name for name in TABLES if (root / folder / name).is_file()]
    objects = [file for file in [root / folder / OBJECTS] if file.is_file()]
    if not tables and not objects:
        raise LayoutError(f"{root / folder} has videos, but neither {TABLES[0]} nor {OBJECTS} with their labels.")
    found: dict[str, Labelled] = {}
    contradicted: set[str] = set()
    listed: set[str] = set()
    inner = f"{folder}/{INNER}" if (root / folder / INNER).is_dir() else folder
    for file in (*tables, *objects):
        named = {f"{inner}/{name}": row for name, row in _rows(file, rules).items()}
        listed |= named.keys()
        for path, (place, label, attributes) in named.items():
            if label is None:
                continue
            if path in found and found[path].label != label:
                rules.broken("label", place, f"says {label}, but {tables[0]} says {found[path].label}.")
                contradicted.add(path)
            found[path] = Labelled(path, label, attributes)
    there = set(videos_below(root, folder))
    check_listed(root, (*tables, *objects)[0], listed, there, rules)
    return [video for path, video in sorted(found.items()) if path in there - contradicted]


Rows = dict[str, tuple[str, int | None, Mapping[str, str]]]


def _rows(file: Path, rules: Rules) -> Rows:
    """Read one file: place, label (None if it breaks a rule that is tolerated) and attributes, by the video's name."""
    rows: Rows = {}
    if file.suffix == ".json":
        given = [
            (place, name, values.get("is_fake"), _attributes(values))
            for place, name, values in read_objects(file, NEED, rules)
        ]
    else:
        given = [
            (row.place, row.cells["filename"], row.cells["label"], {})
            for row in read_csv(file, ("filename", "label"), NEED, rules)
        ]
    for place, name, label, attributes in given:
        if name in rows:
            rules.broken("duplicate", place, f"{name} stands there twice.")
        else:
            rows[name] = (place, _label(place, name, label, rules), attributes)
    return rows


def _label(place: str, name: str, label: Any, rules: Rules) -> int | None:
    if rules.below(place, name) is None:
        return None
    if not NAME.fullmatch(name):
        rules.broken("name", place, f"`{name}` should be the name of a video, <letters or digits>.mp4.")
    elif str(label) not in ("0", "1"):
        rules.broken("row", place, f"the label `{label}` should be 0 (real) or 1 (fake).")
    else:
        return int(label)
    return None


def _attributes(values: Mapping[str, Any]) -> dict[str, str]:
    """Keep the names of the alterations; their strengths come in many forms."""
    names = values.get("augmentations")
    return {"augmentations": ";".join(sorted(map(str, names)))} if isinstance(names, dict | list) and names else {}
