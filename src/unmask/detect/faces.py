"""Faces of one video's frames: batches through the face detector, largest face first."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from unmask.detect.detector import Detector, Floats, Found, Image


def find(frames: Sequence[Image], detector: Detector, batch: int) -> list[Found]:
    """Find the faces of a video's frames.

    Args:
        frames: RGB frames of one video in order; sizes may change on the way.
        detector: A face detector.
        batch: Largest number of frames that the detector gets at once.

    Returns:
        Faces of each frame, those with the largest box first.
    """
    found = [faces for group in _batches(frames, batch) for faces in detector(group)]
    return [by_area(faces) for faces in found]


def areas(boxes: Floats) -> Floats:
    """Give the areas of n x 4 boxes in square pixels.

    Example:
        >>> areas(np.array([[0, 0, 2, 3], [-1, -1, 1, 0]], dtype=np.float32))
        array([6., 2.], dtype=float32)
    """
    size: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return size


def by_area(faces: Found) -> Found:
    """Sort faces by the area of their boxes, largest first; of two equal ones the surer, then the left one first."""
    return faces.take(np.lexsort((faces.boxes[:, 0], -faces.scores, -areas(faces.boxes))))


def _batches(frames: Sequence[Image], batch: int) -> Iterator[list[Image]]:
    """Cut frames into runs of one size and at most `batch` frames."""
    for _, run in groupby(frames, key=lambda frame: frame.shape):
        same = list(run)
        for start in range(0, len(same), batch):
            yield same[start : start + batch]
