"""The videos that are searched: the embedded ones, and real clips."""

from pathlib import Path
from typing import Any

from unmask import params
from unmask.errors import DataError
from unmask.index.layouts.table import Options
from unmask.index.step import videos_of

RENDERED, RAW = ("faceforensics", "celeb_df"), Path("data/00_raw")

# Path and people of each video by key, sorted.
Videos = dict[str, tuple[Path, frozenset[str]]]


def rendered() -> Videos:
    """List the embedded videos: path and people by key."""
    layouts: Any = params.load("corpora")
    videos: Videos = {}
    for corpus in RENDERED:
        if corpus not in layouts.root or not (RAW / corpus).is_dir():
            raise DataError(f"{RAW / corpus} or its entry in params.yaml is missing; `make demo` renders the corpora.")
        found = videos_of(RAW / corpus, corpus, layouts.root[corpus])
        videos |= {key: (RAW / corpus / entry.path, frozenset(entry.identities)) for key, entry in found.items()}
    return dict(sorted(videos.items()))


def real(shared: Path) -> Videos:
    """List the real clips; a person is a group of the table."""
    root = shared / "data"
    found = videos_of(root, "clips", Options(layout="table", file="index.csv"))
    return {key: (root / entry.path, frozenset(entry.identities)) for key, entry in sorted(found.items())}
