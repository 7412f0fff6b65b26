"""How well two face detectors agree: faces found by both, and how far apart their landmarks lie."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Overlap from which on two boxes are the same face.
SAME = 0.5

Floats = NDArray[np.float64]
# Boxes (n x 4) and landmarks (n x 5 x 2) of one frame, largest face first.
Faces = tuple[Floats, Floats]


@dataclass(frozen=True)
class Agreement:
    """What came out over all frames.

    Attributes:
        frames: Number of frames.
        seen: In so many the peer found a face.
        again: In so many of these ours found the peer's largest one.
        both: Faces of any size that both found.
        only_peer: Faces that only the peer found.
        only_ours: Faces that only ours found.
        distances: Landmark distance of each largest face found again, as a share of the eye distance.
    """

    frames: int
    seen: int
    again: int
    both: int
    only_peer: int
    only_ours: int
    distances: Floats

    @property
    def share(self) -> float:
        """Share of the peer's largest faces that were found again."""
        return self.again / self.seen if self.seen else float("nan")


def overlaps(one: Floats, other: Floats) -> Floats:
    """Give the intersection over union of n and m boxes, as n x m.

    Example:
        >>> overlaps(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [5, 5, 6, 6], [0, 0, 2, 2]])).round(3)
        array([[0.333, 0.   , 1.   ]])
    """
    corners = np.minimum(one[:, None, 2:], other[None, :, 2:]) - np.maximum(one[:, None, :2], other[None, :, :2])
    common = corners.clip(0).prod(-1)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (one, other)]
    shared: Floats = common / (areas[0][:, None] + areas[1][None] - common)
    return shared


def pairs(peer: Floats, ours: Floats) -> list[tuple[int, int]]:
    """Pair boxes, those that overlap most first, each at most once, down to an overlap of SAME."""
    table = overlaps(peer, ours)
    found: list[tuple[int, int]] = []
    for place in np.argsort(-table, axis=None, kind="stable"):
        row, column = divmod(int(place), table.shape[1])
        if table[row, column] < SAME:
            break
        if all(row != a and column != b for a, b in found):
            found.append((row, column))
    return found


def distance(peer: Floats, ours: Floats) -> float:
    """Give the mean distance of five landmarks, as a share of the peer's eye distance.

    Example:
        >>> face = np.array([[0.0, 0], [10, 0], [5, 5], [1, 9], [9, 9]])
        >>> distance(face, face + [0, 1])
        0.1
    """
    return float(np.linalg.norm(peer - ours, axis=1).mean() / np.linalg.norm(peer[0] - peer[1]))


def compare(frames: Iterable[tuple[Faces, Faces]]) -> Agreement:
    """Compare the peer's faces with ours, frame by frame."""
    count = seen = both = only_peer = only_ours = 0
    distances: list[float] = []
    for (boxes, points), (our_boxes, our_points) in frames:
        count += 1
        matched = pairs(boxes, our_boxes)
        both, only_peer = both + len(matched), only_peer + len(boxes) - len(matched)
        only_ours += len(our_boxes) - len(matched)
        if len(boxes):
            seen += 1
            distances += [distance(points[0], our_points[column]) for row, column in matched if row == 0]
    return Agreement(count, seen, len(distances), both, only_peer, only_ours, np.array(distances))


def faces(boxes: Any, points: Any) -> Faces:
    """Make faces of lists, or of None where there are none."""
    shape = np.asarray(boxes if boxes is not None else [], dtype=np.float64).reshape(-1, 4)
    return shape, np.asarray(points if points is not None else [], dtype=np.float64).reshape(-1, 5, 2)
