"""Backgrounds out of focus: walls, shelves, windows, curtains, lights in the dark, bricks and leaves."""

from collections.abc import Callable

import cv2
import numpy as np

from unmask.render.draw.canvas import Array, mix, step, texture

MARGIN = 12  # pixels around the frame, so that a swaying camera never sees the edge
Drawer = Callable[[np.random.Generator, Array, Array], Array]


def _tint(rng: np.random.Generator, low: float, high: float, colourful: float) -> Array:
    grey = rng.uniform(low, high)
    return np.clip(grey + rng.uniform(-0.6 * colourful, 0.6 * colourful, 3), 0.02, 0.98).astype(np.float32)


def _wall(rng: np.random.Generator, x: Array, y: Array) -> Array:
    image = mix(_tint(rng, 0.25, 0.8, 0.15), _tint(rng, 0.15, 0.7, 0.15), np.clip(y * 0.7 + x * 0.2, 0, 1))
    if rng.random() < 0.6:
        left, top, wide, tall = rng.uniform(0, 0.7), rng.uniform(0, 0.3), rng.uniform(0.15, 0.4), rng.uniform(0.2, 0.4)
        frame = step(wide / 2 - np.abs(x - left), 0.01) * step(tall / 2 - np.abs(y - top), 0.01)
        picture = step(wide / 2 - 0.02 - np.abs(x - left), 0.01) * step(tall / 2 - 0.02 - np.abs(y - top), 0.01)
        blots = _tint(rng, 0.3, 0.7, 0.3) * (1 + 0.3 * texture(rng, x.shape, (25, 25)))[..., None]
        image = mix(mix(image, _tint(rng, 0.05, 0.4, 0.1), frame), blots, picture)
    return image


def _shelf(rng: np.random.Generator, x: Array, y: Array) -> Array:
    image = np.broadcast_to(_tint(rng, 0.08, 0.3, 0.05), (*x.shape, 3)).copy()
    pitch = rng.uniform(0.22, 0.34)
    for number in range(6):
        left, base = 0.0, number * pitch + rng.uniform(0.0, 0.02)
        while left < 1.1:
            wide, tall = rng.uniform(0.012, 0.04), pitch * rng.uniform(0.55, 0.9)
            here = slice(*np.searchsorted(x[0], (left - wide, left + wide)))  # many times faster than the whole frame
            x_, y_ = x[:, here], y[:, here]
            book = step(wide / 2 - np.abs(x_ - left), 0.004) * step(base - y_, 0.004) * step(y_ - base + tall, 0.004)
            image[:, here] = mix(image[:, here], _tint(rng, 0.12, 0.6, 0.2), book)
            left += wide + (rng.uniform(0.05, 0.2) if rng.random() < 0.1 else 0.002)
    return image


def _window(rng: np.random.Generator, x: Array, y: Array) -> Array:
    outside = mix(_tint(rng, 0.75, 0.95, 0.06), _tint(rng, 0.3, 0.6, 0.15), step(y - rng.uniform(0.4, 0.7), 0.3))
    count = rng.uniform(9, 22)
    slats = 0.5 + 0.5 * np.sin(2 * np.pi * y * count)
    image = mix(outside, _tint(rng, 0.5, 0.8, 0.05), 0.75 * step(slats - 0.45, 0.3) * float(rng.random() < 0.6))
    left, wide = rng.uniform(-0.2, 0.9), rng.uniform(0.5, 0.9)
    return mix(_tint(rng, 0.3, 0.7, 0.12), image, step(wide / 2 - np.abs(x - left), 0.01))


def _curtain(rng: np.random.Generator, x: Array, y: Array) -> Array:
    sway = 0.02 * np.sin(3 * y + rng.uniform(0, 6)) + 0.01 * texture(rng, x.shape, (120, 200))
    folds = np.sin((x + sway) * rng.uniform(40, 90)) + 0.6 * np.sin((x + sway) * rng.uniform(15, 35))
    return _tint(rng, 0.25, 0.6, 0.25) * (1.0 + 0.22 * folds)[..., None]


def _lights(rng: np.random.Generator, x: Array, y: Array) -> Array:
    image = mix(_tint(rng, 0.04, 0.15, 0.05), _tint(rng, 0.1, 0.3, 0.1), y.clip(0, 1))
    for _ in range(22):
        spot = step(rng.uniform(0.015, 0.06) - np.hypot((x - rng.uniform(0, 1.1)) * 1.25, y - rng.uniform(0, 1)), 0.012)
        image = mix(image, _tint(rng, 0.5, 0.9, 0.3), spot * rng.uniform(0.2, 0.8))
    return image


def _bricks(rng: np.random.Generator, x: Array, y: Array) -> Array:
    tall = rng.uniform(0.05, 0.09)
    row = np.floor(y / tall)
    across = x / (tall * 2.4) + 0.5 * (row % 2)
    joint = np.maximum(step(np.abs(across % 1.0 - 0.5) - 0.46, 0.03), step(np.abs(y / tall % 1.0 - 0.5) - 0.42, 0.06))
    tones = rng.uniform(0.75, 1.2, 997).astype(np.float32)
    each = tones[(np.floor(across) * 31 + row * 57).astype(np.int64) % 997]
    return mix(_tint(rng, 0.3, 0.6, 0.12) * each[..., None], _tint(rng, 0.4, 0.7, 0.04), joint)


def _leaves(rng: np.random.Generator, x: Array, y: Array) -> Array:
    dark, bright = np.array([0.06, 0.16, 0.05], np.float32), np.array([0.45, 0.62, 0.25], np.float32)
    leaves = 0.5 + 0.28 * texture(rng, x.shape, (7, 7)) + 0.25 * texture(rng, x.shape, (30, 30))
    image = mix(dark, bright, np.clip(leaves, 0, 1))
    return mix(np.array([0.75, 0.86, 0.95], np.float32), image, step(y - rng.uniform(-0.2, 0.3) + 0.08 * leaves, 0.15))


DRAWERS: tuple[Drawer, ...] = (_wall, _shelf, _window, _curtain, _lights, _bricks, _leaves)


def background(rng: np.random.Generator, width: int, height: int) -> Array:
    """Draws a background of frame size plus `MARGIN` on every side, (H, W, 3) uint8.

    Args:
        rng: the clip's generator.
        width: frame width in pixels.
        height: frame height in pixels.
    """
    shape = (height + 2 * MARGIN, width + 2 * MARGIN)
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) / height
    image = DRAWERS[int(rng.integers(len(DRAWERS)))](rng, x, y)
    falloff = 1.0 - 0.35 * np.hypot(x - rng.uniform(0, 1.2), y - rng.uniform(0, 0.6))
    lit = np.clip(image * falloff[..., None] * rng.uniform(0.7, 1.1), 0, 1)
    blurred = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), rng.uniform(1.2, 4.5))
    packed: Array = (blurred * 255.0 + 0.5).astype(np.uint8)
    return packed
