"""Metadata held to its official form: JSON objects, columns of a CSV, and what is listed against what is there."""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from unmask.errors import LayoutError, few, undecoded, warn
from unmask.index.files import Row, read_json, read_rows
from unmask.index.layout import Rules


def base(root: Path, folders: Sequence[str], marks: Collection[str]) -> str:
    """Find where below the root a data set begins, since archives bring a folder of their own or not.

    Args:
        root: The corpus' root.
        folders: Where it may begin, besides the root itself.
        marks: Files or folders of which one stands where it begins.

    Returns:
        Empty for the root, else the folder with a slash at the end.
    """
    places = ("", *(f"{folder}/" for folder in folders))
    return next((place for place in places if any((root / place / mark).exists() for mark in marks)), "")


def read_objects(file: Path, need: str, rules: Rules) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Read a JSON object of objects; a value that is no object breaks the rule `row`.

    Args:
        file: The file.
        need: What it is there for, to be said when it is missing.
        rules: What to do with a breach.

    Yields:
        Place for messages, key and value.

    Raises:
        LayoutError: The file is missing, half-written or holds no object.
    """
    found = read_json(file, need, rules)
    if not isinstance(found, dict):
        raise LayoutError(f"{file} should be one JSON object, with an object for each video.")
    for name, value in found.items():
        place = f"{file}, key `{name}`"
        if isinstance(value, dict):
            yield place, name, value
        else:
            rules.broken("row", place, "the value should be an object.")


def read_csv(file: Path, columns: Sequence[str], need: str, rules: Rules, *, more: bool = False) -> list[Row]:
    """Read a CSV of which the columns are known; a column that should not be there breaks the rule `row`.

    Args:
        file: The file; a byte order mark is passed over.
        columns: Its columns, in any order; an empty name is a column without one.
        need: What it is there for, to be said when it is missing.
        rules: What to do with a breach.
        more: Whether there may be more columns.

    Raises:
        LayoutError: The file is missing, is no CSV, or lacks a column.
    """
    if not file.is_file():
        raise LayoutError(f"{file} is missing; {need}.")
    names = _header(file)
    form = f"its columns should be {', '.join(_shown(name) for name in columns)}"
    if absent := [name for name in columns if name not in names]:
        raise LayoutError(f"{file}, line 1: there is no column {_shown(absent[0])}; {form}.")
    if not more and (odd := [name for name in names if name not in columns]):
        rules.broken("row", f"{file}, line 1", f"the column {_shown(odd[0])} should not be there; {form}.")
    return read_rows(file, rules)[1]


def check_listed(root: Path, file: Path, listed: Collection[str], there: Collection[str], rules: Rules) -> None:
    """Compare the videos that a list names with those that are there.

    What is not there is a warning with its number, since downloads are often partial; a video that is there and not in
    the list breaks the rule `listed`.

    Args:
        root: The corpus' root.
        file: The list.
        listed: Paths below the root that the list names, also those that break another rule.
        there: Paths below the root of the videos in the same folders.
        rules: What to do with a breach.
    """
    names = set(listed)
    if absent := sorted(names.difference(there)):
        warn(f"{file} lists {len(absent)} videos that are not there: {few(absent)}.")
    for path in sorted(set(there) - names):
        rules.broken("listed", root / path, f"{file} does not list this video.")


def _header(file: Path) -> list[str]:
    """Read the names of the columns; what is no CSV has none."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            return next(csv.reader(text, strict=True), [])
    except (csv.Error, UnicodeDecodeError) as error:
        raise LayoutError(f"{file} is not a CSV file in UTF-8: {undecoded(error, file)}.") from None


def _shown(name: str) -> str:
    return f"`{name}`" if name else "without a name"
