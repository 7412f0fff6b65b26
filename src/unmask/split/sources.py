"""The tables that split reads: those of the corpora in params.yaml, and a warning for any other that lies about."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from unmask.errors import DataError, ParamsError
from unmask.index.tables import VIDEOS
from unmask.split.tables import SPLITS

COLUMNS = [
    "video", "corpus", "label", "method", "identities", "cluster", "pair", "split", "sha256", "status",
    "width", "height", "fps", "frames", "seconds", "bit_rate",
]  # fmt: skip


def check_names(corpora: Sequence[str], train_on: Sequence[str]) -> None:
    """Check that each corpus to train on is read at all.

    Raises:
        ParamsError: One is not among the corpora.
    """
    for name in train_on:
        if name not in corpora:
            raise ParamsError(
                f"params.yaml: `split.train_on` names `{name}`, but `corpora` has only {', '.join(sorted(corpora))}."
            )


def warn_of_strays(folders: Sequence[Path], corpora: Sequence[str]) -> None:
    """Say on stderr which folders belong to no corpus of params.yaml; DVC leaves them when a corpus is removed."""
    for folder in folders:
        for path in sorted(folder.iterdir() if folder.is_dir() else []):
            if path.is_dir() and path.name not in corpora:
                sys.stderr.write(
                    f"warning: {path} is left out, because `corpora` in params.yaml does not name `{path.name}`; "
                    f"remove it with `rm -r {path}`.\n"
                )


def read_videos(folder: Path, corpora: Sequence[str]) -> pd.DataFrame:
    """Read the videos of some corpora.

    Args:
        folder: Holds `<corpus>/videos.parquet`.
        corpora: Names.

    Returns:
        One row per video, sorted by key; the columns that split needs.

    Raises:
        DataError: A corpus is empty, or a table speaks of another corpus or of an unknown split.
    """
    parts = [_read_corpus(folder / name, name) for name in sorted(corpora)]
    return pd.concat(parts, ignore_index=True).sort_values("video", ignore_index=True)


def _read_corpus(folder: Path, name: str) -> pd.DataFrame:
    videos: pd.DataFrame = VIDEOS.read(folder, COLUMNS).to_pandas()
    if videos.empty:
        raise DataError(f"{folder} has no video; look whether data/00_raw/{name} is the right folder.")
    if others := sorted(set(videos["corpus"]) - {name}):
        raise DataError(f"{folder} holds videos of {', '.join(others)} instead of {name}; run its step `index` again.")
    if odd := sorted(set(videos["split"].dropna()) - set(SPLITS)):
        raise DataError(f"{folder} has an official split `{odd[0]}`; allowed are {', '.join(SPLITS)}.")
    return videos
