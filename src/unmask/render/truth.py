"""The truth table of a rendered corpus: which face is seen where, and which pixels were forged."""

from collections.abc import Iterator
from typing import Any

import cv2
import pyarrow as pa

from unmask.render.clip import Clip
from unmask.render.forge import Forged
from unmask.schema import Column, Table

LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")  # left is left in the image
AXES = tuple(f"{name}_{axis}" for name in LANDMARKS for axis in "xy")

TRUTH = Table(
    name="truth",
    meaning="One face in one frame of a rendered video; for tests only.",
    key=("path", "frame", "face"),
    columns=(
        Column("path", pa.string(), "file below the corpus' root"),
        Column("frame", pa.int32(), "number of the frame, from 0"),
        Column("face", pa.int16(), "number of the person in the frame; the one who is forged, if anybody, is 0"),
        Column("target", pa.string(), "who it is, or was before forging"),
        Column("source", pa.string(), "whose face or expression was put in; null for a real face", nullable=True),
        *(Column(name, pa.float32(), "place of a landmark in pixels of the frame") for name in AXES),
        Column("mask", pa.binary(), "forged region as a grey PNG of frame size; null for a real face", nullable=True),
    ),
)


def rows(path: str, clip: Clip, source: str | None = None, forged: Forged | None = None) -> Iterator[dict[str, Any]]:
    """Rows of one video.

    Args:
        path: below the corpus' root.
        clip: the real video, or that which was forged.
        source: identity put in, or None for a real video.
        forged: the forged video, or None for a real one.
    """
    points = clip.points if forged is None else forged.points
    people = [(clip.identity, points), *clip.beside]
    for frame in range(len(points)):
        for face, (target, places) in enumerate(people):
            at_fake = forged is not None and face == 0
            png = cv2.imencode(".png", forged.masks[frame])[1].tobytes() if forged is not None and at_fake else None
            marks = {name: float(value) for name, value in zip(AXES, places[frame, :5].ravel(), strict=True)}
            who = {"target": target, "source": source if at_fake else None}
            yield {"path": path, "frame": frame, "face": face, **who, **marks, "mask": png}
