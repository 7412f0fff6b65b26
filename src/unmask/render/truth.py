"""The truth table of a rendered corpus: which face is seen where, and which pixels were forged."""

from collections.abc import Iterator
from typing import Any

import cv2
import pyarrow as pa

from unmask.render.draw.canvas import Array
from unmask.schema import Column, Table

LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")  # left is left in the image
AXES = tuple(f"{name}_{axis}" for name in LANDMARKS for axis in "xy")

TRUTH = Table(
    name="truth",
    meaning="One frame of a rendered video; for tests only.",
    key=("path", "frame"),
    columns=(
        Column("path", pa.string(), "file below the corpus' root"),
        Column("frame", pa.int32(), "number of the frame, from 0"),
        Column("target", pa.string(), "whose video it is"),
        Column("source", pa.string(), "whose face or expression was put in; null for a real video", nullable=True),
        *(Column(name, pa.float32(), "place of a landmark in pixels of the frame") for name in AXES),
        Column("mask", pa.binary(), "forged region as a grey PNG of frame size; null for a real video", nullable=True),
    ),
)


def rows(path: str, target: str, source: str | None, points: Array, masks: Array | None) -> Iterator[dict[str, Any]]:
    """Rows of one video.

    Args:
        path: below the corpus' root.
        target: identity whose video it is.
        source: identity put in, or None for a real video.
        points: (N, >= 5, 2) landmarks in pixels.
        masks: (N, H, W) uint8 opacity of the forged region, or None.
    """
    for frame, places in enumerate(points[:, :5].reshape(len(points), -1)):
        png = None if masks is None else cv2.imencode(".png", masks[frame])[1].tobytes()
        marks = {name: float(value) for name, value in zip(AXES, places, strict=True)}
        yield {"path": path, "frame": frame, "target": target, "source": source, **marks, "mask": png}
