"""Lists and metadata of a data set: text, JSON, CSV and Parquet; what is wrong in one is named with line or key."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unmask.errors import LayoutError, undecoded, unread
from unmask.index.layout import Rules


@dataclass(frozen=True)
class Row:
    """One row: where it stands, and its cells as text, empty where there is nothing; lists are joined by `;`."""

    place: str
    cells: Mapping[str, str]


def read_text(file: Path, need: str) -> str:
    """Read a text file.

    Args:
        file: The file.
        need: What it is there for, to be said when it is missing.

    Raises:
        LayoutError: It is missing, cannot be read or is no text.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise LayoutError(f"{file} is not text in UTF-8.") from None
    except FileNotFoundError:
        raise LayoutError(f"{file} is missing; {need}.") from None
    except OSError as error:
        raise LayoutError(unread(error)) from None


def read_json(file: Path, need: str, rules: Rules) -> Any:
    """Read a JSON file; a key that stands twice in one object breaks the rule `duplicate`, and the first one counts.

    Args:
        file: The file.
        need: What it is there for, to be said when it is missing.
        rules: What to do when a key stands twice.

    Raises:
        LayoutError: It is missing, half-written or otherwise no JSON.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                rules.broken("duplicate", f"{file}, key `{name}`", "the key stands there twice.")
            found.setdefault(name, value)
        return found

    try:
        return json.loads(read_text(file, need), object_pairs_hook=once)
    except json.JSONDecodeError as error:
        place = f"{file}, line {error.lineno}, column {error.colno}"
        raise LayoutError(f"{place}: this is not whole JSON ({error.msg}); get the file again.") from None
    except ValueError as error:
        # Python refuses whole numbers of thousands of digits.
        raise LayoutError(f"{file} is not a metadata file that can be read: {error}.") from None
    except RecursionError:
        raise LayoutError(f"{file} is nested too deeply for a metadata file.") from None


def read_rows(file: Path, rules: Rules) -> tuple[list[str], list[Row]]:
    """Read a CSV or Parquet table; a row with too many or too few cells breaks the rule `row`.

    Returns:
        Names of its columns, and its rows.

    Raises:
        LayoutError: The file is missing or is no such table, or two columns have the same name.
    """
    if not file.is_file():
        raise LayoutError(f"{file} does not exist.")
    names, rows = _parquet(file) if file.suffix == ".parquet" else _csv(file, rules)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise LayoutError(f"{file} has more than one column `{twice[0]}`.")
    return names, rows


def _csv(file: Path, rules: Rules) -> tuple[list[str], list[Row]]:
    rows = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            names = next(reader, [])
            for cells in filter(None, reader):
                place = f"{file}, line {reader.line_num}"
                if len(cells) == len(names):
                    rows.append(Row(place, {n: cell.strip() for n, cell in zip(names, cells, strict=True)}))
                else:
                    rules.broken("row", place, f"{len(cells)} cells, but there are {len(names)} columns.")
    except (csv.Error, UnicodeDecodeError) as error:
        raise LayoutError(f"{file} is not a CSV file in UTF-8: {undecoded(error, file)}.") from None
    return names, rows


def _parquet(file: Path) -> tuple[list[str], list[Row]]:
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise LayoutError(f"{file} is not a readable Parquet file: {error}.") from None
    rows = [
        Row(f"{file}, row {number}", {name: _text(cell) for name, cell in cells.items()})
        for number, cells in enumerate(table.to_pylist(), start=1)
    ]
    return table.column_names, rows


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list):
        return ";".join(str(part) for part in cell)
    # Booleans say whether a video is fake; numbers with gaps are read as floats.
    number = cell.is_integer() if isinstance(cell, float) else isinstance(cell, bool)
    return str(int(cell)) if number else str(cell).strip()  # type: ignore[call-overload]
