"""The step `crop` on rows of faces whose landmarks are the template itself."""

from pathlib import Path
from typing import Any

import numpy as np
from tiny_clips import LIMITS

from unmask import params
from unmask.crop.align import TEMPLATE
from unmask.crop.params import Params
from unmask.crop.step import crop
from unmask.crop.tables import CROPS
from unmask.detect.tables import BOX, LANDMARKS

VALUES = {
    "face": "best_track",
    "size": 64,
    "margin": 1.3,
    "interpolation": "linear",
    "border": "black",
    "picture": {"format": "png", "level": 1},
    "shards": 3,
}


def chosen(**changed: Any) -> Params:
    return params.parse(Params, VALUES | changed, Path("params.yaml"))


def face(video: str, frame: int, number: int, track: int, side: float, score: float = 1.0) -> dict[str, Any]:
    """Make a row of `faces` whose box is a square and whose landmarks are the template in it."""
    corner = np.array([50.0, 40.0])
    places = (corner + TEMPLATE * side).ravel()
    box = [*corner, *(corner + side)]
    row = {
        "video": video,
        "frame": frame,
        "face": number,
        "status": "ok",
        "score": score,
        "track": track,
        "from_pair": False,
    }
    return row | dict(zip((*BOX, *LANDMARKS), [*map(float, box), *map(float, places)], strict=True))


def missing(video: str, frame: int, status: str) -> dict[str, Any]:
    return face(video, frame, -1, -1, 0, 0.0) | {"status": status} | dict.fromkeys((*BOX, *LANDMARKS), 0.0)


def run(corpus: Path, out: Path, **changed: Any) -> list[dict[str, Any]]:
    crop(corpus / "frames", corpus / "faces", corpus, out / "tables", out / "shards", chosen(**changed), LIMITS)
    return CROPS.rows(out / "tables")
