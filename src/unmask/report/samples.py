"""Sample crops: what the model really sees, chosen by seed, with every recipe's verdict."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from unmask.errors import DataError
from unmask.hashing import bytes_sha256, stable_hash
from unmask.report.params import Params
from unmask.shards import Place, read_at

Row = dict[str, Any]

SIDE = 128
QUALITY = 88


@dataclass(frozen=True)
class Verdict:
    """What one recipe says about a video."""

    recipe: str
    probability: float
    right: bool


@dataclass(frozen=True)
class Sample:
    """One crop as a picture inside the page."""

    video: str
    picture: str
    text: str
    verdicts: list[Verdict]


@dataclass(frozen=True)
class Strip:
    """Crops of one method of one corpus."""

    corpus: str
    method: str
    label: int
    samples: list[Sample]


def strips(
    test: Sequence[Row], crops: Path, verdicts: Mapping[str, Sequence[Row]], corpora: Sequence[str], params: Params
) -> list[Strip]:
    """Choose crops of test videos: another video in the corpus moves at most one of them.

    Args:
        test: Rows of the manifest `test`.
        crops: Folder with a folder of crop shards for each corpus.
        verdicts: For each recipe the rows of its `videos.parquet`.
        corpora: Names in the page's order.
        params: Seed and number of crops.

    Returns:
        Per corpus first the reals, then methods by name.

    Raises:
        DataError: A shard is missing, or a crop is not the one that the manifest names.
    """
    groups: dict[tuple[int, int, str], list[Row]] = {}
    for row in test:
        if row["face"] >= 0 and row["corpus"] in corpora:
            groups.setdefault((corpora.index(row["corpus"]), row["label"], row["method"]), []).append(row)
    by_video = {recipe: {row["video"]: row for row in rows} for recipe, rows in verdicts.items()}
    return [
        Strip(corpora[place], method, label, [_sample(row, crops, by_video) for row in _choose(groups[key], params)])
        for key in sorted(groups)
        for place, label, method in [key]
        if params.samples
    ]


def _choose(rows: Sequence[Row], params: Params) -> list[Row]:
    """One crop each of as many videos as wanted, if there are so many."""
    videos: dict[str, list[Row]] = {}
    for row in rows:
        videos.setdefault(row["video"], []).append(row)
    rngs = {video: np.random.default_rng([params.seed, stable_hash(video)]) for video in videos}
    first = sorted(videos, key=lambda video: (rngs[video].random(), video))[: params.samples]
    return [videos[video][int(rngs[video].integers(len(videos[video])))] for video in first]


def _sample(row: Row, crops: Path, verdicts: Mapping[str, Mapping[str, Row]]) -> Sample:
    found = [(recipe, rows[row["video"]]) for recipe, rows in verdicts.items() if row["video"] in rows]
    return Sample(
        video=row["video"],
        picture=_picture(row, crops),
        text=f"Face from {row['video']}, frame {row['frame']}",
        verdicts=[Verdict(recipe, verdict["probability"], verdict["decision"] == verdict["label"])
                  for recipe, verdict in found if verdict["probability"] is not None],
    )  # fmt: skip


def _picture(row: Row, crops: Path) -> str:
    data = read_at(crops, Place(row["shard"], row["offset"], row["size"]))
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bytes_sha256(data) != row["sha256"] or pixels is None:
        raise DataError(f"{crops / row['shard']} does not hold the crop of {row['video']} that "
                        "test.parquet names; run `dvc repro split`, or `dvc checkout`.")  # fmt: skip
    shrink = SIDE / max(pixels.shape[:2])
    if shrink < 1:
        pixels = cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()
