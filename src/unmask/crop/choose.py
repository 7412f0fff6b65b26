"""Which faces of a video are cropped."""

from collections.abc import Callable
from typing import Any

Rows = list[dict[str, Any]]


def largest(faces: Rows) -> Rows:
    """Choose the largest face of each frame, which is its face 0."""
    return [row for row in faces if row["face"] == 0]


def best_track(faces: Rows) -> Rows:
    """Choose the faces of the track with the largest sum of area x score; of two equal ones, the first."""
    weights: dict[int, float] = {}
    for row in faces:
        area = (row["x1"] - row["x0"]) * (row["y1"] - row["y0"])
        weights[row["track"]] = weights.get(row["track"], 0.0) + area * row["score"]
    best = min(weights, key=lambda track: (-weights[track], track), default=-1)
    return [row for row in faces if row["track"] == best]


def every(faces: Rows) -> Rows:
    """Choose all faces."""
    return faces


RULES: dict[str, Callable[[Rows], Rows]] = {"largest": largest, "best_track": best_track, "all": every}
