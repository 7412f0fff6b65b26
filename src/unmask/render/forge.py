"""Forges videos: swaps another identity's inner face into a target's frames, or drives the target's own mouth."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from unmask.render.clip import Clip
from unmask.render.draw.canvas import Array
from unmask.render.match import (
    RIM_POINTS,
    STILL_POINTS,
    affine,
    box,
    eye_distance,
    hull_mask,
    move,
    nearest,
    oval_mask,
)  # fmt: skip
from unmask.render.styles import STYLES, Drive, Swap

PAD = 8  # pixels around the forged region that blending looks at


@dataclass(frozen=True)
class Forged:
    """A forged video: frames (N, H, W, 3) uint8, masks (N, H, W) uint8 0..255, landmarks (N, 5, 2) in pixels."""

    frames: Array
    masks: Array
    points: Array


def _match_colour(new: Array, old: Array, mask: Array, share: float) -> Array:
    """Moves mean and contrast of `new` (h, w, 3) under a mask towards those of `old`."""
    weight = mask[..., None] / max(float(mask.sum()), 1.0)
    mean_new, mean_old = ((image * weight).sum((0, 1)) for image in (new, old))
    spread_new = np.sqrt((((new - mean_new) ** 2) * weight).sum((0, 1))) + 1.0
    spread_old = np.sqrt((((old - mean_old) ** 2) * weight).sum((0, 1))) + 1.0
    matched = (new - mean_new) * (spread_old / spread_new) + mean_old
    result: Array = new + share * (matched - new)
    return result


def _seamless(new: Array, old: Array, mask: Array, width: float) -> Array:
    """Shifts `new` (h, w, 3) by a smooth membrane that makes it meet `old` at the edge of the mask."""
    inside = (mask > 0.05).astype(np.float32)
    ring = inside - cv2.erode(inside, np.ones((3, 3), np.uint8), iterations=4)
    weight = cv2.GaussianBlur(ring, (0, 0), width)[..., None] + 1e-4
    shifted: Array = new + cv2.GaussianBlur((old - new) * ring[..., None], (0, 0), width) / weight
    return shifted


def _resample(image: Array, matrix: Array, area: tuple[slice, slice], detail: float) -> Array:
    """The part `area` of an image warped by `matrix`, drawn at `detail` <= 1 of its resolution, (h, w, 3) float32."""
    rows, columns = area
    width, height = columns.stop - columns.start, rows.stop - rows.start
    small = (max(8, round(width * detail)), max(8, round(height * detail)))
    shift = matrix.copy()
    shift[:, 2] -= (columns.start, rows.start)
    scale = np.array([small[0] / width, small[1] / height])
    shift = shift * scale[:, None]
    shift[:, 2] += 0.5 * scale - 0.5
    if detail < 1.0:  # what a synthesiser at low resolution can know of the face
        image = cv2.GaussianBlur(image, (0, 0), 0.45 / detail)
    warped = cv2.warpAffine(image, shift, small, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return cv2.resize(warped, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _lay(frame: Array, new: Array, mask: Array, area: tuple[slice, slice]) -> Array:
    """A frame with `new` in an area under a mask."""
    out = frame.copy()
    alpha = mask[area][..., None]
    out[area] = np.clip(np.rint(frame[area] * (1 - alpha) + new * alpha), 0, 255).astype(np.uint8)
    return out


def _swap(style: Swap, target: Clip, source: Clip, rng: np.random.Generator) -> Forged:
    size = (target.frames.shape[2], target.frames.shape[1])
    grow, matched = rng.uniform(*style.grow), rng.uniform(*style.matched)
    detail, feather = rng.uniform(*style.detail), rng.uniform(*style.feather)
    outline: Callable[[Array, tuple[int, int], float, float], Array]
    outline = hull_mask if style.shape == "hull" else oval_mask
    frames, masks = [], []
    for number, frame in enumerate(target.frames):
        like, points = nearest(source, target, number), target.points[number]
        eyes = eye_distance(points)
        shaken = points + rng.normal(0.0, style.jitter, 2)
        matrix = affine(source.points[like], shaken)
        mask = outline(shaken[RIM_POINTS], size, grow, feather * eyes)
        area = box(mask, PAD)
        new = _resample(source.frames[like], matrix, area, min(1.0, detail / eyes))
        old = frame[area].astype(np.float32)
        new = _match_colour(new, old, mask[area], matched)
        if style.seamless:
            new = _seamless(new, old, mask[area], 0.25 * eyes)
        frames.append(_lay(frame, new, mask, area))
        masks.append((mask * 255).astype(np.uint8))
    return Forged(np.stack(frames), np.stack(masks), target.points[:, :5])


def _reference(target: Clip, driver: Clip, number: int) -> int:
    """Another frame of the target, turned alike, whose mouth does what the driver's does."""
    aim, here = driver.poses[number % len(driver.poses)].mouth, target.poses[number]
    costs = [
        abs(pose.mouth - aim) + 2.0 * abs(pose.yaw - here.yaw) + (10.0 if other == number else 0.0)
        for other, pose in enumerate(target.poses)
    ]
    return int(np.argmin(costs))


def _drive(style: Drive, target: Clip, source: Clip, rng: np.random.Generator) -> Forged:
    size = (target.frames.shape[2], target.frames.shape[1])
    detail = rng.uniform(*style.detail)
    frames, masks, marks = [], [], target.points[:, :5].copy()
    for number, frame in enumerate(target.frames):
        like, points = _reference(target, source, number), target.points[number]
        eyes = eye_distance(points)
        shaken = points + rng.normal(0.0, style.jitter, 2)
        matrix = affine(target.points[like][STILL_POINTS], shaken[STILL_POINTS])
        there = move(target.points[like], matrix)
        marks[number, 3:] = there[3:5]
        chosen = list(style.points)
        mask = hull_mask(np.concatenate([points[chosen], there[chosen]]), size, style.grow, style.feather * eyes)
        area = box(mask, PAD)
        new = _resample(target.frames[like], matrix, area, min(1.0, detail / eyes))
        if style.smooth:
            new = cv2.GaussianBlur(new, (0, 0), style.smooth)
        frames.append(_lay(frame, new, mask, area))
        masks.append((mask * 255).astype(np.uint8))
    return Forged(np.stack(frames), np.stack(masks), marks)


def forge(method: str, target: Clip, source: Clip, rng: np.random.Generator) -> Forged:
    """Forges a video.

    Args:
        method: a key of `STYLES`.
        target: the video that is manipulated; the result has its length, size and rate.
        source: whose face is inserted, or whose mouth drives the target's.
        rng: the fake's generator.
    """
    style = STYLES[method]
    if isinstance(style, Swap):
        return _swap(style, target, source, rng)
    return _drive(style, target, source, rng)
