"""Lays one face over another: the best-matching frame, the affine map, the region and its opacity."""

import cv2
import numpy as np

from unmask.render.clip import Clip
from unmask.render.draw.canvas import Array

RIM_POINTS = slice(5, None)
LOWER_POINTS = [2, 3, 4, 9, 10, 11, 15, 16, 17]  # nose tip, mouth corners, cheeks, jaw and chin
STILL_POINTS = [0, 1, 2, 5, 6, 7, 8, 12, 13, 14]  # what speaking does not move
MOUTH_WEIGHT = 0.25  # what a differing mouth counts when frames are compared, in radians of turn


def nearest(source: Clip, target: Clip, frame: int) -> int:
    """The source's frame whose turn and mouth are most like those of a target's frame."""
    aim = target.poses[frame]
    costs = [
        abs(pose.yaw - aim.yaw)
        + abs(pose.pitch - aim.pitch)
        + 0.3 * abs(pose.roll - aim.roll)
        + MOUTH_WEIGHT * abs(pose.mouth - aim.mouth)
        + 0.5 * abs(pose.lids - aim.lids)
        for pose in source.poses
    ]
    return int(np.argmin(costs))


def affine(points: Array, onto: Array) -> Array:
    """Least-squares affine map (2, 3) that takes points (N, 2) onto others."""
    padded = np.concatenate([points, np.ones((len(points), 1))], axis=1)
    solution, *_ = np.linalg.lstsq(padded, onto, rcond=None)
    matrix: Array = solution.T
    return matrix


def move(points: Array, matrix: Array) -> Array:
    """Points (N, 2) through an affine map (2, 3)."""
    moved: Array = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def eye_distance(points: Array) -> float:
    """Distance between the eyes in pixels."""
    return float(np.linalg.norm(points[1] - points[0]))


def hull_mask(points: Array, size: tuple[int, int], grow: float, feather: float) -> Array:
    """Opacity (H, W) float32 in 0..1 of the hull of points (N, 2).

    Args:
        points: in pixels.
        size: width and height.
        grow: scales the hull about its centre.
        feather: deviation of the soft edge in pixels; the edge fades inwards, so that nothing outside is touched.
    """
    hull = cv2.convexHull(points.astype(np.float32))[:, 0]
    centre = hull.mean(axis=0)
    return _filled((hull - centre) * grow + centre, size, feather)


def oval_mask(points: Array, size: tuple[int, int], grow: float, feather: float) -> Array:
    """Opacity (H, W) of the ellipse that fits points (N, 2); arguments as in `hull_mask`."""
    centre, axes, angle = cv2.fitEllipse(points.astype(np.float32))
    turn = np.arange(0.0, 2 * np.pi, 0.1)
    circle = np.stack([np.cos(turn) * axes[0], np.sin(turn) * axes[1]], axis=-1) * grow / 2
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return _filled(circle @ np.array([[cos, sin], [-sin, cos]]) + np.array(centre), size, feather)


def _filled(shape: Array, size: tuple[int, int], feather: float) -> Array:
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(shape * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(mask.astype(np.float32) / 255.0, (0, 0), max(feather, 0.3))
    opacity: Array = np.clip(2.0 * soft - 1.0, 0.0, 1.0)
    return opacity


def box(mask: Array, pad: int) -> tuple[slice, slice]:
    """Rows and columns around the region where a mask (H, W) is not zero, with a border of `pad` pixels."""
    x, y, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    rows = slice(max(0, y - pad), min(mask.shape[0], y + height + pad))
    return rows, slice(max(0, x - pad), min(mask.shape[1], x + width + pad))
