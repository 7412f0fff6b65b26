"""Suppression: of boxes that overlap, only the strongest stays."""

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.detect.detector import Floats

Numbers = NDArray[np.intp]


def strongest(owners: Numbers, boxes: Floats, scores: Floats, overlap: float) -> Numbers:
    """Pick the boxes of each frame that no stronger one overlaps by more than `overlap`.

    Args:
        owners: Number of the frame of each box.
        boxes: n x 4 edges.
        scores: n numbers of any range.
        overlap: Intersection over union.

    Returns:
        Places of the boxes that stay, in rising order.

    Example:
        >>> boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 5], [0, 0, 4, 4]], np.float32)
        >>> strongest(np.array([0, 0, 1]), boxes, np.array([-1, 2, -3], np.float32), 0.5).tolist()
        [1, 2]
    """
    if not len(boxes):
        return np.empty(0, dtype=np.intp)
    corners_and_sides = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    # OpenCV wants scores above 0; lists are the quickest it takes.
    above = scores - scores.min() + 1
    kept = cv2.dnn.NMSBoxesBatched(corners_and_sides.tolist(), above.tolist(), owners.tolist(), 0.0, overlap)
    return np.sort(np.asarray(kept, dtype=np.intp))
