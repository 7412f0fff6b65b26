"""Tracks: which faces of a video's sampled frames are one and the same, by the overlap of their boxes.

Sampled frames may be a second or more apart, so nothing is predicted and no speed is assumed: a face belongs to the
track whose latest box it overlaps most. Equal boxes shifted by d of their width overlap by (1 - d) / (1 + d): an
intersection over union of 0.3 allows half a width, which people who talk exceed within a second (seen in a tenth of
some real clips), 0.1 allows 0.8 of it, or a box three times as wide. A track waits without limit for a face that was
missed in between. A face that moved further starts a new track, and after a cut another person in the same place
continues the old one: without recognition, boxes cannot tell.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from unmask.detect.detector import Floats


def link(frames: Sequence[Floats], least: float) -> list[list[int]]:
    """Number the tracks of a video, from 0 by first appearance.

    In each frame, the pairs of tracks and faces are those whose summed overlap is largest (Kuhn, The Hungarian Method
    for the Assignment Problem, 1955), pairs that overlap less than `least` left out.

    Args:
        frames: Boxes of each sampled frame in order, n x 4.
        least: Smallest intersection over union, above 0 to 1, of a face with the latest box of its track.

    Returns:
        For each frame, the track of each of its faces.

    Example:
        >>> still, moved = np.array([[0, 0, 10, 10]]), np.array([[50, 0, 60, 10], [1, 0, 11, 10]])
        >>> link([still, moved, still[:0], still], least=0.3)
        [[0], [1, 0], [], [0]]
    """
    latest: list[Floats] = []
    numbers = []
    for boxes in frames:
        found = [-1] * len(boxes)
        if latest and len(boxes):
            overlap = iou(np.stack(latest), boxes)
            overlap[overlap < least] = 0
            for track, face in matched(overlap):
                found[face] = track
                latest[track] = boxes[face]
        for face, known in enumerate(found):
            if known < 0:
                found[face] = len(latest)
                latest.append(boxes[face])
        numbers.append(found)
    return numbers


def matched(overlap: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pair rows with columns such that the sum of their numbers is largest; nothing is paired by a 0.

    Example:
        >>> matched(np.array([[0.9, 0.8], [0.5, 0.0]]))
        [(0, 1), (1, 0)]
    """
    likely = overlap > 0
    if (likely.sum(0) <= 1).all() and (likely.sum(1) <= 1).all():
        pairs = np.argwhere(likely)
    elif min(overlap.shape) == 1:
        pairs = np.array([np.unravel_index(overlap.argmax(), overlap.shape)])
    else:
        # Half a second to import, for few videos.
        from scipy.optimize import linear_sum_assignment

        pairs = np.stack(linear_sum_assignment(overlap, maximize=True), axis=1)
    return [(track, face) for track, face in pairs.tolist() if overlap[track, face] > 0]


def iou(first: Floats, second: Floats) -> NDArray[np.float64]:
    """Give the intersection over union of every box of one set with every box of another.

    Args:
        first: n x 4 edges x0, y0, x1, y1.
        second: m x 4.

    Returns:
        n x m, 0 to 1.

    Example:
        >>> iou(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [0, 0, 2, 2], [5, 5, 6, 6]])).round(3)
        array([[0.333, 1.   , 0.   ]])
    """
    a, b = first.astype(np.float64)[:, None], second.astype(np.float64)[None]
    sides = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    common = sides.prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - common
    overlap: NDArray[np.float64] = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return overlap
