"""YuNet: a network of 76,000 weights (Wu et al., YuNet: A Tiny Millisecond-level Face Detector, 2023), by OpenCV.

OpenCV's wheels run it on the CPU alone, one frame after another. It was trained for faces of 10 to 300 pixels, hence
`side`. Its landmarks are named after the person's sides: the person's right eye, which comes first, is left as seen.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from pydantic import Field

from unmask.detect import detector
from unmask.detect.detector import Floats, Found, Image
from unmask.detect.weights import Sha256, read
from unmask.errors import DataError

# It stands on what everything stands on.
NEEDS = ()

# Boxes that may stand before suppression: more than any picture has.
MOST = 5000
# Sides below which OpenCV refuses a picture; smaller ones are filled up with black.
LEAST = 32
LANDMARKS, SCORE = slice(4, 14), 14

Share = Annotated[float, Field(gt=0, lt=1)]


class Options(detector.Options):
    """Options of YuNet.

    Attributes:
        min_face: Longer side of the smallest face, as a share of the frame's shorter side; smaller ones are left out.
        side: Longer side of what the network sees, in pixels; larger frames are shrunk, smaller ones stay.
        score: Smallest score.
        overlap: Intersection over union above which the weaker of two boxes goes.
        weights: The ONNX file.
        sha256: Its SHA-256.
    """

    name: Literal["yunet"]
    min_face: Annotated[float, Field(ge=0.005, le=0.9)]
    side: Annotated[int, Field(ge=64, le=4096)]
    score: Share
    overlap: Share
    weights: Annotated[str, Field(pattern=r"\.onnx$", description="the path of an .onnx file")]
    sha256: Sha256


class Detector:
    """OpenCV's detector."""

    def __init__(self, options: Options) -> None:
        """Load the network."""
        self._options = options
        data = np.frombuffer(read(Path(options.weights), options.sha256), np.uint8)
        empty = np.empty(0, np.uint8)
        try:
            self._net = cv2.FaceDetectorYN.create(
                "onnx", data, empty, (LEAST, LEAST), options.score, options.overlap, MOST
            )
            # Whether it is a YuNet shows when it answers.
            self._net.detect(np.zeros((LEAST, LEAST, 3), np.uint8))
        except cv2.error as error:
            said = " ".join(str(error).split())
            raise DataError(
                f"`detect.detector.weights`: OpenCV cannot load {options.weights} as YuNet: {said}"
            ) from None

    def __call__(self, frames: Sequence[Image]) -> list[Found]:
        """Find the faces of same-size frames, as the protocol says."""
        height, width = frames[0].shape[:2]
        scale = min(self._options.side / max(height, width), 1.0)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        stretch = np.array([width / size[0], height / size[1]], dtype=np.float32)
        self._net.setInputSize((max(size[0], LEAST), max(size[1], LEAST)))
        least = self._options.min_face * min(height, width)
        return [_faces(self._net.detect(_seen(frame, size))[1], stretch, least) for frame in frames]


def _seen(frame: Image, size: tuple[int, int]) -> Image:
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    right, below = max(LEAST - size[0], 0), max(LEAST - size[1], 0)
    whole = cv2.copyMakeBorder(small, 0, below, 0, right, cv2.BORDER_CONSTANT)
    return np.ascontiguousarray(whole[..., ::-1], dtype=np.uint8)


def _faces(found: Any, stretch: Floats, least: float) -> Found:
    """Read OpenCV's answer, n x 15: corner, width and height of the box, five places, score."""
    rows = np.zeros((0, SCORE + 1), np.float32) if found is None else found.astype(np.float32)
    boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1) * np.tile(stretch, 2)
    landmarks = rows[:, LANDMARKS].reshape(-1, 5, 2) * stretch - np.float32(0.5)
    faces = Found(boxes, landmarks, rows[:, SCORE].clip(0, 1))
    return faces.take(np.flatnonzero((boxes[:, 2:] - boxes[:, :2]).max(1, initial=0) >= least))
