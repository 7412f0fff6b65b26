"""The kept list: identities that stay in their split whatever is added later.

A dealing by hash cannot know which video is new. Who has trained on a split and wants to add videos to it writes the
list once (`unmask keep`) and commits it: from then on its people are fixed, and a new video that ties people of
different splits is left out. Which videos share a pair, a source clip or bytes is not on the list: where kept people of
different splits do, `places` lets the most protected stay.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc

from unmask.errors import DataError, undecoded
from unmask.split.sources import read_videos
from unmask.split.tables import MANIFEST, SPLITS

HEADER = ["identity", "split"]


def read_kept(path: Path) -> dict[str, str]:
    """Read the list.

    Returns:
        Split of each identity or cluster, `<data set>:<name>`.

    Raises:
        DataError: The file is missing, or a line is not in its form.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; it must hold at least the line `{','.join(HEADER)}`.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} is not a CSV file in UTF-8: {undecoded(error, path)}.") from None
    if not rows or rows[0] != HEADER:
        raise DataError(f"{path}, line 1: must be `{','.join(HEADER)}`.")
    kept: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(HEADER) or ":" not in row[0] or row[1] not in SPLITS:
            raise DataError(f"{path}, line {number}: `{','.join(row)}` should be `<data set>:<name>,<split>`.")
        if kept.setdefault(row[0], row[1]) != row[1]:
            raise DataError(f"{path}, line {number}: {row[0]} is in {kept[row[0]]} already.")
    return kept


def write_kept(kept: Mapping[str, str], path: Path) -> None:
    """Write the list, sorted by name."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *sorted(kept.items())])


def keep(videos: Path, corpora: Sequence[str], manifests: Path, path: Path) -> int:
    """Add everybody who stands in a manifest to the list.

    Args:
        videos: Holds `<corpus>/videos.parquet`.
        corpora: Names of the corpora.
        manifests: Holds the manifest of each split.
        path: The list; what it holds stays.

    Returns:
        How many names are new.

    Raises:
        DataError: Somebody is kept in one split and stands in another.
    """
    kept = read_kept(path)
    table = read_videos(videos, corpora)
    place: dict[str, str] = {}
    for split in SPLITS:
        members = MANIFEST.read(manifests / f"{split}.parquet", ["video"])
        place |= dict.fromkeys(pc.unique(members["video"]).to_pylist(), split)
    more = extend(kept, table, place)
    write_kept(more, path)
    return len(more) - len(kept)


def extend(kept: Mapping[str, str], videos: pd.DataFrame, place: Mapping[str, str]) -> dict[str, str]:
    """Add the people of some videos to those that are kept.

    Args:
        kept: Split of each name.
        videos: All videos, as `sources.read_videos` gives them.
        place: Split of each video that is in one, by key.

    Returns:
        The same and more.

    Raises:
        DataError: Somebody is kept in one split and stands in another.
    """
    more = dict(kept)
    people = {
        video: sorted({*identities, cluster} - {""})
        for video, identities, cluster in zip(videos["video"], videos["identities"], videos["cluster"], strict=True)
    }
    for video, split in sorted(place.items()):
        for name in people.get(video, []):
            if more.setdefault(name, split) != split:
                raise DataError(
                    f"{name} is kept in {more[name]}, but {video} stands in {split}; run `dvc repro split` first."
                )
    return more
