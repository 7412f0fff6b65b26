"""FakeAVCeleb v1.2: 500 celebrities, with picture, sound or both forged (https://github.com/DASH-Lab/FakeAVCeleb).

    [FakeAVCeleb_v1.2/]meta_data.csv
    [FakeAVCeleb_v1.2/]<type>/<race>/<men or women>/<source>/<clip>[_...].mp4

The last column of meta_data.csv has no name and holds the folder, `FakeAVCeleb/<type>/<race>/<gender>/<source>`, while
the one called `path` holds the file's name. RealVideo-FakeAudio is real here, since a model sees no sound; the
attribute `audio` says what that is. target1 and target2 are people, but also numbers, `-` and other words: what has
the form of an id, there or in the file's name, is an identity. A name begins with the number of the source's clip, so a
fake's pair is that clip, where it is listed. Some 22 files are listed twice, with two methods: they are one video whose
method is both, joined by `+`. The data set has no official split.

Rules that can be tolerated: `name` (a file that is not named so), `row` (a row or column that is not in the official
form, or whose columns contradict its folder), `label` (a type that contradicts folder, category or method), `path` (a
folder that leaves the root), `duplicate` (a row that is there twice), `listed` (a video that is not listed).
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from unmask.errors import LayoutError, few, warn
from unmask.index.entry import FAKE, REAL, Entry, key, videos_below
from unmask.index.files import Row
from unmask.index.layout import Layout, Rules, compare
from unmask.index.metadata import base, check_listed, read_csv

FILE = "meta_data.csv"
COLUMNS = ("source", "target1", "target2", "method", "category", "type", "race", "gender", "path", "")
REALS = "RealVideo-RealAudio"
# Category of each type, and how many files it has.
TYPES = {REALS: "A", "RealVideo-FakeAudio": "B", "FakeVideo-RealAudio": "C", "FakeVideo-FakeAudio": "D"}
PUBLISHED = {REALS: 500, "RealVideo-FakeAudio": 500, "FakeVideo-RealAudio": 9709, "FakeVideo-FakeAudio": 10835}
# Which methods forge each category; wav2lip moves the lips to a sound.
METHODS = {"A": {"real"}, "B": {"rtvc"}}
FORGED = {"faceswap", "fsgan", "wav2lip", "faceswap-wav2lip", "fsgan-wav2lip"}
PERSON = re.compile(r"id\d{5}", re.ASCII)
PEOPLE = re.compile(r"(?<![^_.])id\d{5}(?![^_.])", re.ASCII)
NAME = re.compile(r"(\d{5})(_.+)?\.mp4", re.ASCII)


class Options(Layout):
    """The layout has no options of its own."""

    layout: Literal["fakeavceleb"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the videos that meta_data.csv lists and that are there.

    Raises:
        LayoutError: The list is missing, or a row or a file is not in the official form.
    """
    rules = Rules(options)
    # Some archives have the folder twice.
    prefix = base(root, ["FakeAVCeleb", "FakeAVCeleb_v1.2", "FakeAVCeleb_v1.2/FakeAVCeleb_v1.2"], TYPES)
    file = root / FILE if (root / FILE).is_file() else root / prefix / FILE
    rows = read_csv(file, COLUMNS, "the data set comes with it, and it says what is forged", rules)
    listed = [(path, row) for row in rows if (path := _path(prefix, row, rules)) is not None]
    there = {path for name in TYPES for path in videos_below(root, f"{prefix}{name}")}
    check_listed(root, file, {path for path, _ in listed}, there, rules)
    videos = _videos(listed, rules)
    if both := sorted(path for path, found in videos.items() if len(found) > 1):
        warn(f"{file} lists {len(both)} videos with two methods, which are read as both: {few(both)}.")
    entries = [_entry(corpus, prefix, path, found, videos) for path, found in sorted(videos.items()) if path in there]
    if not entries:
        raise LayoutError(f"{root / prefix} holds none of the videos that {FILE} lists, in {', '.join(TYPES)}.")
    compare(root, Counter(entry.attributes["type"] for entry in entries), PUBLISHED)
    rules.tell(root)
    return entries


def _path(prefix: str, row: Row, rules: Rules) -> str | None:
    folder = rules.below(row.place, row.cells[""])
    return None if folder is None else f"{prefix}{folder.removeprefix('FakeAVCeleb/')}/{row.cells['path']}"


def _videos(listed: list[tuple[str, Row]], rules: Rules) -> dict[str, list[Row]]:
    """Give the rows of each video: one, or one for each of two methods."""
    videos: dict[str, list[Row]] = {}
    for path, row in listed:
        rows = videos.get(path, [])
        first = next((other for other in rows if other.cells["method"] == row.cells["method"]), None)
        if first is not None:
            rules.broken("duplicate", row.place, f"{path} is listed with the same method in {first.place}.")
        elif _is_right(path, row, rules):
            videos[path] = [*rows, row]
    return videos


def _is_right(path: str, row: Row, rules: Rules) -> bool:
    cells, place = row.cells, row.place
    kind, category, method = cells["type"], cells["category"], cells["method"]
    match = NAME.fullmatch(cells["path"])
    folder = "/".join(cells[column] for column in ("type", "race", "gender", "source"))
    allowed = METHODS.get(category, FORGED)
    if kind not in TYPES or not PERSON.fullmatch(cells["source"]) or method not in FORGED.union(*METHODS.values()):
        form = f"the type should be {', '.join(TYPES)}, the source an id such as id00076, and the method a known one"
        rules.broken("row", place, f"{form}; this says {kind}, {cells['source']}, {method}.")
    elif match is None or (kind == REALS and match[2]):
        form = "<5 digits>.mp4" if kind == REALS else "<5 digits>_<...>.mp4"
        rules.broken("name", place, f"`{cells['path']}` should be named {form}.")
    elif f"/{kind}/" not in f"/{path}" or TYPES[kind] != category or method not in allowed:
        rules.broken("label", place, f"type {kind}, category {category}, method {method} and {path} contradict.")
    elif not f"/{path}".endswith(f"/{folder}/{cells['path']}"):
        rules.broken("row", place, f"the columns say {folder}, but the folder is {path.rpartition('/')[0]}.")
    else:
        return True
    return False


def _entry(corpus: str, prefix: str, path: str, rows: list[Row], videos: Mapping[str, object]) -> Entry:
    cells = rows[0].cells
    fake, forged_sound = cells["type"].startswith("Fake"), cells["type"].endswith("FakeAudio")
    clip = cells["path"][:5]
    real = "/".join((f"{prefix}{REALS}", cells["race"], cells["gender"], cells["source"], f"{clip}.mp4"))
    told = "_".join(row.cells[column] for row in rows for column in ("target1", "target2", "path"))
    people = dict.fromkeys((cells["source"], *PEOPLE.findall(told)))
    method = "+".join(sorted(row.cells["method"] for row in rows))
    sound = {"audio": "fake" if forged_sound else "real"} | (
        {} if fake or not forged_sound else {"audio_method": method}
    )
    return Entry(
        path=path,
        label=FAKE if fake else REAL,
        method=method if fake else "",
        compression="",
        identities=tuple(f"fakeavceleb:{person}" for person in people),
        cluster=f"fakeavceleb:{cells['source']}",
        pair=key(corpus, real) if fake and real in videos else None,
        split=None,
        sources=(f"fakeavceleb:{cells['source']}/{clip}",),
        attributes={column: cells[column] for column in ("race", "gender", "category", "type")} | sound,
    )
