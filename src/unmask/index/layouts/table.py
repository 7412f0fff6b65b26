"""Table: a CSV or Parquet file that lists videos with their labels and what else is known of them.

Rules that can be tolerated: `row` (a row with too many or too few cells, or with a value that is not allowed), `path`
(a path that leaves the root), `listed` (a file that is not there) and `duplicate` (a video that is listed twice).
"""

from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from pydantic import Field, PrivateAttr, field_validator

from unmask.errors import LayoutError, warn
from unmask.index.entry import FAKE, REAL, UNKNOWN, Entry, key
from unmask.index.files import Row, read_rows
from unmask.index.layout import Layout, Rules
from unmask.index.namespaces import fault

Name = Literal["path", "label", "method", "identities", "cluster", "pair", "split", "sources"]
# Under which names a column is found when `columns` does not say.
STANDARD: dict[Name, tuple[str, ...]] = {
    "path": ("path", "file"),
    "label": ("label",),
    "method": ("method",),
    "identities": ("identities", "group"),
    "cluster": ("cluster",),
    "pair": ("pair",),
    "split": ("split",),
    "sources": ("sources",),
}
REQUIRED: tuple[Name, ...] = ("path", "label")
LABELS = {"real": REAL, "0": REAL, "fake": FAKE, "1": FAKE}
SPLITS = ("train", "val", "test")


class Options(Layout):
    """Which table, and which of its columns.

    Attributes:
        file: Path of the table below the root, ending in .csv or .parquet.
        columns: The file's names of columns that it calls otherwise than path or file, label, method, identities
            or group, cluster, pair, split, sources.
        attributes: Further columns of which the values are kept for every video, such as race or gender.
    """

    layout: Literal["table"]
    file: str
    columns: dict[Name, str] = Field(default_factory=dict)
    attributes: tuple[str, ...] = ()
    _beside: tuple[str, ...] = PrivateAttr(default=())

    def check_beside(self, corpora: Mapping[str, Layout]) -> None:
        """Note the other corpora, whose names may stand before those of people."""
        self._beside = tuple(sorted(corpora))

    @property
    def beside(self) -> tuple[str, ...]:
        """Names of the corpora of `params.yaml`."""
        return self._beside

    @field_validator("file")
    @classmethod
    def _file(cls, file: str) -> str:
        leaves = PurePosixPath(file).is_absolute() or ".." in PurePosixPath(file).parts or "\\" in file
        if leaves or not file.endswith((".csv", ".parquet")):
            raise ValueError("must be a path below the corpus' root that ends in .csv or .parquet")
        return file


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos of all rows that have a label; how many have none is told.

    Raises:
        LayoutError: The table is missing or a row breaks a rule; it names file, line and rule.
    """
    file, rules = root / options.file, Rules(options)
    if not file.is_file():
        raise LayoutError(f"{file} does not exist; the layout's option `file` names the table below the root.")
    names, rows = read_rows(file, rules)
    columns = _columns(file, names, options)
    labelled = [row for row in rows if row.cells[columns["label"]]]
    if len(labelled) < len(rows):
        warn(f"{file}: {len(rows) - len(labelled)} of {len(rows)} rows have no label and are skipped.")
    videos: dict[str, _Video] = {}
    corpora = (corpus, *options.beside)
    for row in labelled:
        video = _Video(row, columns, options.attributes)
        if not video.accept(root, corpora, rules):
            continue
        if (first := videos.setdefault(video.path, video)) is not video:
            rules.broken("duplicate", video.place, f"{video.path} is listed twice, first in {first.place}.")
    stems = {_stem(path): video for path, video in videos.items()}
    found = [entry for video in videos.values() if (entry := _entry(corpus, video, stems, rules))]
    rules.tell(root)
    return found


class _Video:
    """One labelled row, its cells by standard name."""

    def __init__(self, row: Row, columns: Mapping[Name, str], attributes: tuple[str, ...]) -> None:
        self.place = row.place
        self.attributes = {name: row.cells[name] for name in attributes if row.cells[name]}
        self._cells = {name: row.cells[column] for name, column in columns.items()}
        self.path, self.label = "", LABELS.get(self.cell("label").lower(), -1)

    def cell(self, name: Name) -> str:
        return self._cells.get(name, "")

    def cells(self, name: Name) -> list[str]:
        return [part.strip() for part in self.cell(name).split(";") if part.strip()]

    def accept(self, root: Path, corpora: Collection[str], rules: Rules) -> bool:
        """Check label, split, people and path; tell whether none breaks a rule."""
        self.path = rules.below(self.place, self.cell("path")) or ""
        if not self.path:
            return False
        if self.label not in (REAL, FAKE):
            text = f"the label `{self.cell('label')}` must be real, fake, 0 (real) or 1 (fake)."
            rules.broken("row", self.place, text)
        elif self.cell("split") not in ("", *SPLITS):
            text = f"the split `{self.cell('split')}` must be {', '.join(SPLITS)} or empty."
            rules.broken("row", self.place, text)
        elif faults := list(filter(None, (fault(name, corpora) for name in self.cells("identities")))):
            rules.broken("row", self.place, faults[0])
        elif not (root / self.path).is_file():
            rules.broken("listed", self.place, f"there is no file {root / self.path}.")
        else:
            return True
        return False


def _entry(corpus: str, video: _Video, stems: Mapping[str, _Video], rules: Rules) -> Entry | None:
    """Make the entry; the first identity is the target, and a video whose people nobody names is its own."""
    pair = _pair(corpus, video, stems, rules)
    if pair is None:
        return None
    stem = PurePosixPath(video.path).stem
    identities = tuple(_owned(corpus, name) for name in video.cells("identities")) or (f"{corpus}:{stem}",)
    return Entry(
        path=video.path,
        label=video.label,
        method=(video.cell("method") or UNKNOWN) if video.label == FAKE else "",
        compression="",
        identities=identities,
        cluster=_owned(corpus, video.cell("cluster")) if video.cell("cluster") else identities[0],
        pair=pair or None,
        split=video.cell("split") or None,
        sources=tuple(_owned(corpus, name) for name in video.cells("sources")),
        attributes=video.attributes,
    )


def _owned(corpus: str, name: str) -> str:
    """Give a name of the table's own the corpus as its namespace; one such as `faceforensics:071` has one."""
    return name if ":" in name else f"{corpus}:{name}"


def _pair(corpus: str, video: _Video, stems: Mapping[str, _Video], rules: Rules) -> str | None:
    """Read a pair: path or key of a listed real video, or else a token that both share; empty without one.

    Returns:
        None if the pair is a fake and that is tolerated.
    """
    pair = video.cell("pair")
    for path in (pair, pair.removeprefix(f"{corpus}/")) if pair else ():
        for stem in (path, _stem(path)):
            found = stems.get(stem)
            if found is not None and found.label == REAL:
                return key(corpus, found.path)
            if found is not None and found.path == path:
                text = f"the pair `{pair}` is a fake; it must be the real video or a token."
                rules.broken("row", video.place, text)
                return None
    return f"{corpus}/{pair}" if pair else ""


def _columns(file: Path, names: list[str], options: Options) -> dict[Name, str]:
    """Find the file's name of every column that it has."""
    columns: dict[Name, str] = {}
    for name, standard in STANDARD.items():
        given = options.columns.get(name)
        candidates = standard if given is None else (given,)
        found = next((candidate for candidate in candidates if candidate in names), None)
        if found is not None:
            columns[name] = found
        elif given is not None or name in REQUIRED:
            raise LayoutError(
                f"{file} has no column {' or '.join(f'`{c}`' for c in candidates)} for `{name}`; it has "
                f"{', '.join(names) or 'none'}. The layout's option `columns` can name another."
            )
    if unknown := [name for name in options.attributes if name not in names]:
        raise LayoutError(f"{file} has no column `{unknown[0]}` for `attributes`; it has {', '.join(names)}.")
    return columns


def _stem(path: str) -> str:
    return PurePosixPath(path).with_suffix("").as_posix()
