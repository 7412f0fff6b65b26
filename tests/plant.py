"""Miniature trees in the form of a data set: one tiny clip under many names, and what `index` makes of them."""

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tiny_video import write_video

from unmask.index.params import Corpora
from unmask.index.step import index
from unmask.index.tables import VIDEOS
from unmask.limits import Limits

Row = dict[str, Any]

LIMITS = Limits(max_seconds=30, max_megabytes=1024, max_pixels=10_000_000)

# What a layout says of a video; the rest of a row comes from the file.
WORDS = ("label", "method", "compression", "identities", "cluster", "pair", "split", "sources", "attributes", "kind")


@cache
def clip() -> bytes:
    """Give the bytes of a small video of three frames."""
    with tempfile.TemporaryDirectory() as folder:
        return write_video(Path(folder) / "a.mp4", frames=3).read_bytes()


def plant(root: Path, names: Iterable[str]) -> Path:
    """Put the small video below a root under every name, whatever the suffix; copies, so that each may be changed."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(clip())
    return root


def write(root: Path, files: Mapping[str, object]) -> Path:
    """Write lists and metadata below a root: text as it is, anything else as JSON."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return root


def run(root: Path, corpus: str = "mine", **options: Any) -> dict[str, Row]:
    """Index a corpus and give its rows by path; the table lies in `<beside the root>/index/<corpus>`."""
    out = root.parent / "index" / corpus
    index(root, out, Corpora.model_validate({corpus: options}), LIMITS)
    return {row["path"]: row for row in VIDEOS.rows(out)}


def known(row: Row) -> Row:
    """Give what the layout said of a video, to be compared with a `fact`."""
    return {word: row[word] for word in WORDS} | {"attributes": dict(row["attributes"])}


def fact(label: int, identities: Sequence[str], **words: Any) -> Row:
    """Give what a layout should say of a video; what is not named is empty, the cluster is the first identity."""
    usual: Row = {"method": "", "compression": "", "cluster": identities[0], "pair": None, "split": None, "sources": []}
    given = {"label": label, "identities": sorted(identities), "attributes": {}, "kind": "video"} | words
    assert given.keys() <= set(WORDS)
    return usual | given
