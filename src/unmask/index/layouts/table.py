"""Table: a CSV or Parquet file that lists videos with their labels and what else is known of them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import Field, field_validator

from unmask.errors import LayoutError
from unmask.index.entry import FAKE, REAL, UNKNOWN, Entry, key, warn
from unmask.index.layout import Layout

Name = Literal["path", "label", "method", "identities", "pair", "split"]
# Under which names a column is found when `columns` does not say.
STANDARD: dict[Name, tuple[str, ...]] = {
    "path": ("path", "file"),
    "label": ("label",),
    "method": ("method",),
    "identities": ("identities", "group"),
    "pair": ("pair",),
    "split": ("split",),
}
REQUIRED: tuple[Name, ...] = ("path", "label")
LABELS = {"real": REAL, "0": REAL, "fake": FAKE, "1": FAKE}
SPLITS = ("train", "val", "test")


class Options(Layout):
    """Which table, and which of its columns.

    Attributes:
        file: Path of the table below the root, ending in .csv or .parquet.
        columns: The file's names of columns that it calls otherwise than path or file, label, method, identities
            or group, pair, split.
    """

    layout: Literal["table"]
    file: str
    columns: dict[Name, str] = Field(default_factory=dict)

    @field_validator("file")
    @classmethod
    def _file(cls, file: str) -> str:
        if not file.endswith((".csv", ".parquet")) or _leaves(file):
            raise ValueError("must be a path below the corpus' root that ends in .csv or .parquet")
        return file


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos of all rows that have a label; how many have none is told.

    Raises:
        LayoutError: The table is missing or a row breaks a rule; it names file, line and rule.
    """
    file = root / options.file
    names, rows = _read_rows(file)
    columns = _columns(file, names, options.columns)
    labelled = [_Video(root, row, columns) for row in rows if row.cells[columns["label"]]]
    if len(labelled) < len(rows):
        warn(f"{file}: {len(rows) - len(labelled)} of {len(rows)} rows have no label and are skipped.")
    videos: dict[str, _Video] = {}
    for video in labelled:
        if (first := videos.setdefault(video.path, video)) is not video:
            raise LayoutError(f"{video.place}: {video.path} is listed twice, first in {first.place}.")
    stems = {_stem(path): video for path, video in videos.items()}
    return [_entry(corpus, video, stems) for video in labelled]


@dataclass(frozen=True)
class _Row:
    """One row: where it stands, and its cells as text, empty where there is nothing; lists are joined by `;`."""

    place: str
    cells: Mapping[str, str]


class _Video:
    """One labelled row, its path and label checked, its cells by standard name."""

    def __init__(self, root: Path, row: _Row, columns: Mapping[Name, str]) -> None:
        self.place = row.place
        self.cells = {name: row.cells[column] for name, column in columns.items()}
        path, label = self.cells["path"], self.cells["label"].lower()
        if not path or _leaves(path):
            raise self.error(f"the path `{path}` must lie below the root, without a leading `/` and without `..`.")
        if label not in LABELS:
            raise self.error(f"the label `{self.cells['label']}` must be real, fake, 0 (real) or 1 (fake).")
        self.path, self.label = PurePosixPath(path).as_posix(), LABELS[label]
        if not (root / path).is_file():
            raise self.error(f"there is no file {root / path}.")

    def cell(self, name: Name) -> str:
        return self.cells.get(name, "")

    def error(self, text: str) -> LayoutError:
        return LayoutError(f"{self.place}: {text}")


def _entry(corpus: str, video: _Video, stems: Mapping[str, _Video]) -> Entry:
    """Make the entry; the first identity is the target, and a video whose people nobody names is its own."""
    identities = tuple(filter(None, (part.strip() for part in video.cell("identities").split(";"))))
    identities = identities or (PurePosixPath(video.path).stem,)
    split = video.cell("split") or None
    if split is not None and split not in SPLITS:
        raise video.error(f"the split `{split}` must be {', '.join(SPLITS)} or empty.")
    return Entry(
        path=video.path,
        label=video.label,
        method=(video.cell("method") or UNKNOWN) if video.label == FAKE else "",
        compression="",
        identities=identities,
        cluster=identities[0],
        pair=_pair(corpus, video, stems),
        split=split,
    )


def _pair(corpus: str, video: _Video, stems: Mapping[str, _Video]) -> str | None:
    """Read a pair: path or key of a listed real video, or else a token that both share."""
    pair = video.cell("pair")
    if not pair:
        return None
    for path in (pair, pair.removeprefix(f"{corpus}/")):
        for stem in (path, _stem(path)):
            found = stems.get(stem)
            if found is not None and found.label == REAL:
                return key(corpus, found.path)
            if found is not None and found.path == path:
                raise video.error(f"the pair `{pair}` is a fake; it must be the real video or a token.")
    return f"{corpus}/{pair}"


def _columns(file: Path, names: list[str], given: Mapping[Name, str]) -> dict[Name, str]:
    """Find the file's name of every column that it has."""
    columns: dict[Name, str] = {}
    for name, standard in STANDARD.items():
        candidates = (given[name],) if name in given else standard
        found = next((candidate for candidate in candidates if candidate in names), None)
        if found is not None:
            columns[name] = found
        elif name in given or name in REQUIRED:
            raise LayoutError(
                f"{file} has no column {' or '.join(f'`{c}`' for c in candidates)} for `{name}`; it has "
                f"{', '.join(names) or 'none'}. The layout's option `columns` can name another."
            )
    return columns


def _stem(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix()


def _leaves(path: str) -> bool:
    """Tell whether a path leaves the root; one with a backslash counts as leaving."""
    return PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts or "\\" in path


def _read_rows(file: Path) -> tuple[list[str], list[_Row]]:
    """Read a table.

    Returns:
        Names of its columns, and its rows.

    Raises:
        LayoutError: The file is missing, is no such table, or a row has more cells than there are columns.
    """
    if not file.is_file():
        raise LayoutError(f"{file} does not exist; the layout's option `file` names the table below the root.")
    return _parquet(file) if file.suffix == ".parquet" else _csv(file)


def _csv(file: Path) -> tuple[list[str], list[_Row]]:
    rows = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, strict=True)
            for cells in reader:
                place = f"{file}, line {reader.line_num}"
                if None in cells:
                    raise LayoutError(f"{place}: more cells than the {len(reader.fieldnames or ())} columns.")
                rows.append(_Row(place, {name: (cell or "").strip() for name, cell in cells.items()}))
            return list(reader.fieldnames or ()), rows
    except (csv.Error, UnicodeDecodeError) as error:
        raise LayoutError(f"{file} is not a CSV file in UTF-8: {error}.") from None


def _parquet(file: Path) -> tuple[list[str], list[_Row]]:
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise LayoutError(f"{file} is not a readable Parquet file: {error}.") from None
    rows = [
        _Row(f"{file}, row {number}", {name: _text(cell) for name, cell in cells.items()})
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
