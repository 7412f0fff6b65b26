"""Deepfake-Eval-2024: videos that went round in 2024 (https://huggingface.co/datasets/nuriachandra/Deepfake-Eval-2024).

    video-metadata-publish.csv, or video-metadata-publish-with-links.csv, which may have more columns
    video-data/<name>.mp4

The first file has the columns Filename, Date, Video Ground Truth, Audio Ground Truth, Public Comments, Finetuning Set.
A video of which nobody knows whether it is real is left out and counted. Who is in a video is not known, nor how a
fake was made. The finetuning sets are the official splits train and test; there is no official val. Sound and images
are not read, and a video whose sound alone is forged is real.

Rules that can be tolerated: `row` (a row or column that is not in the official form), `name` (a name that is not one of
a file in video-data), `path` (a name that leaves the root), `duplicate` (a video that is listed twice), `listed` (a
video that is not listed).
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from unmask.errors import LayoutError, warn
from unmask.index.entry import FAKE, REAL, UNKNOWN, Entry, videos_below
from unmask.index.files import Row
from unmask.index.layout import Layout, Rules, compare
from unmask.index.metadata import check_listed, read_csv

FILE, WITH_LINKS = "video-metadata-publish.csv", "video-metadata-publish-with-links.csv"
COLUMNS = ("Filename", "Date", "Video Ground Truth", "Audio Ground Truth", "Public Comments", "Finetuning Set")
NEEDED = ("Filename", "Video Ground Truth", "Audio Ground Truth", "Finetuning Set")
FOLDER = "video-data"
TRUTHS = {"real", "fake", "unknown"}
SPLITS = ("train", "test")
PUBLISHED = {"videos": 2036, "train": 1221, "test": 815}


class Options(Layout):
    """The layout has no options of its own."""

    layout: Literal["deepfake_eval_2024"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos that are known to be real or fake.

    Raises:
        LayoutError: The list is missing, or a row or a file is not in the official form.
    """
    rules = Rules(options)
    file, rows = _rows(root, rules)
    there = set(videos_below(root, FOLDER))
    listed: dict[str, Row] = {}
    for row in rows:
        path = _path(row, rules)
        if path is not None and path in listed:
            rules.broken("duplicate", row.place, f"{path} is listed twice, first in {listed[path].place}.")
        elif path is not None:
            listed[path] = row
    check_listed(root, file, listed, there, rules)
    right = {path: row for path, row in sorted(listed.items()) if _is_right(row, rules) and path in there}
    entries = [_entry(path, row.cells) for path, row in right.items() if _truth(row.cells, "Video") != "unknown"]
    if not entries:
        raise LayoutError(f"{root / FOLDER} holds no video that {file.name} calls real or fake.")
    if unknown := len(right) - len(entries):
        warn(f"{file}: {unknown} of {len(right)} videos are Unknown, neither real nor fake, and are left out.")
    sets = [row.cells["Finetuning Set"].lower() for row in right.values()]
    compare(root, Counter(["videos"] * len(right) + sets), PUBLISHED)
    rules.tell(root)
    return entries


def _rows(root: Path, rules: Rules) -> tuple[Path, list[Row]]:
    with_links = root / WITH_LINKS
    if with_links.is_file() and not (root / FILE).is_file():
        return with_links, read_csv(with_links, NEEDED, "", rules, more=True)
    need = f"it or {WITH_LINKS} comes with the data set, and holds the labels"
    return root / FILE, read_csv(root / FILE, COLUMNS, need, rules)


def _path(row: Row, rules: Rules) -> str | None:
    name = rules.below(row.place, row.cells["Filename"])
    if name is not None and "/" in name:
        rules.broken("name", row.place, f"`{name}` should be the name of a file in {FOLDER}.")
        return None
    return name and f"{FOLDER}/{name}"


def _is_right(row: Row, rules: Rules) -> bool:
    truths = [_truth(row.cells, medium) for medium in ("Video", "Audio")]
    if not set(truths) <= TRUTHS or row.cells["Finetuning Set"].lower() not in SPLITS:
        form = "both Ground Truths should be Real, Fake or Unknown, and the Finetuning Set train or test"
        rules.broken("row", row.place, f"{form}.")
        return False
    return True


def _truth(cells: Mapping[str, str], medium: str) -> str:
    return cells[f"{medium} Ground Truth"].lower()


def _entry(path: str, cells: Mapping[str, str]) -> Entry:
    name = f"deepfake_eval_2024:{PurePosixPath(path).stem}"
    fake = _truth(cells, "Video") == "fake"
    known = {"audio": _truth(cells, "Audio"), "date": cells.get("Date", "")}
    return Entry(
        path=path,
        label=FAKE if fake else REAL,
        method=UNKNOWN if fake else "",
        compression="",
        identities=(name,),
        cluster=name,
        pair=None,
        split=cells["Finetuning Set"].lower(),
        attributes={word: value for word, value in known.items() if value},
    )
