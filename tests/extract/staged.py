"""The steps `index` and `extract` on a corpus of the layout `folder`."""

from pathlib import Path
from typing import Any

from unmask.extract.params import Params
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.index.params import Corpora
from unmask.index.step import index
from unmask.limits import Limits

LIMITS = Limits(max_seconds=30.0, max_megabytes=1024, max_pixels=10_000_000)
UNIFORM = {"policy": "uniform", "frames": 4}
GIVEN = {"reader": "pyav", "sampling": UNIFORM, "store": {"format": "magicyuv"}, "shards": 3, "max_failed": 1.0}
SETTINGS = Params.model_validate(GIVEN)
Row = dict[str, Any]


def run(root: Path, place: Path, settings: Params = SETTINGS, limits: Limits = LIMITS) -> Path:
    """Index and extract a corpus of the layout `folder`."""
    corpora = Corpora.model_validate({"mine": {"layout": "folder"}})
    index(root, place / "index" / "mine", corpora, LIMITS)
    out = place / "extract" / "mine"
    extract(root, place / "index" / "mine", out, settings, limits)
    return out


def changed(**options: Any) -> Params:
    return Params.model_validate(GIVEN | options)


def rows_of(out: Path, video_key: str) -> list[Row]:
    return [row for row in FRAMES.rows(out) if row["video"] == video_key]
