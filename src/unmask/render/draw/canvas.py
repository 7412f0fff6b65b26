"""The plane that people are drawn on: its units, its grids and the soft shapes and textures used everywhere.

Lengths are in eye distances: the origin lies midway between the eyes, u grows to the right, v downwards.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

SCALE = 70  # pixels per eye distance: more than in a finished frame, so that warping does not magnify
LEFT, TOP, RIGHT, BOTTOM = -2.3, -2.5, 2.3, 2.9  # the head's canvas
WIDTH, HEIGHT = round((RIGHT - LEFT) * SCALE), round((BOTTOM - TOP) * SCALE)


@cache
def grid() -> tuple[Array, Array]:
    """Coordinates (u, v) of every pixel of the head's canvas, float32, in eye distances."""
    u = (np.arange(WIDTH, dtype=np.float32) + 0.5) / SCALE + LEFT
    v = (np.arange(HEIGHT, dtype=np.float32) + 0.5) / SCALE + TOP
    u2, v2 = np.meshgrid(u, v)
    return u2, v2


def to_pixels(points: Array) -> Array:
    """Points (..., 2) in eye distances as pixel positions on the head's canvas."""
    pixels: Array = (points - np.array([LEFT, TOP])) * SCALE - 0.5
    return pixels


def rows(top: float, bottom: float) -> slice:
    """The canvas rows between two heights in eye distances."""
    return slice(max(0, round((top - TOP) * SCALE)), min(HEIGHT, round((bottom - TOP) * SCALE)))


def columns(left: float, right: float) -> slice:
    """The canvas columns between two positions in eye distances."""
    return slice(max(0, round((left - LEFT) * SCALE)), min(WIDTH, round((right - LEFT) * SCALE)))


def blob(u: Array, v: Array, at: tuple[float, float], size: tuple[float, float], turn: float = 0.0) -> Array:
    """A Gaussian bump of height 1 at a point of a regular grid, with deviations `size`, turned by `turn` radians."""
    if not turn:  # separable, and then many times faster
        row = np.exp(-0.5 * ((u[:1] - at[0]) / size[0]) ** 2)
        column = np.exp(-0.5 * ((v[:, :1] - at[1]) / size[1]) ** 2)
        product: Array = column * row
        return product
    du, dv = u - at[0], v - at[1]
    cos, sin = np.cos(turn), np.sin(turn)
    along, across = (du * cos + dv * sin) / size[0], (dv * cos - du * sin) / size[1]
    bump: Array = np.exp(-0.5 * (along * along + across * across))
    return bump


def both(u: Array, v: Array, at: tuple[float, float], size: tuple[float, float], turn: float = 0.0) -> Array:
    """The bump of `blob` on the right half and its mirror image on the left half."""
    return blob(np.abs(u), v, at, size, turn)


def step(distance: Array, softness: float) -> Array:
    """A soft edge: 0 where `distance` is well below zero, 1 well above, rising over about `softness`."""
    t = np.clip(distance / softness * 0.5 + 0.5, 0.0, 1.0)
    edge: Array = t * t * (3.0 - 2.0 * t)
    return edge


def mix(below: Array, above: Array, alpha: Array) -> Array:
    """`above` over `below`, (H, W, 3) or a colour (3,), by an opacity (H, W)."""
    a = alpha[..., None]
    mixed: Array = below * (1.0 - a) + above * a
    return mixed


def texture(rng: np.random.Generator, shape: tuple[int, int], sizes: tuple[float, float]) -> Array:
    """Smooth random field (H, W), mean 0 and deviation about 1, with grains of `sizes` = (across, down) pixels."""
    small = (max(2, round(shape[1] / sizes[0])), max(2, round(shape[0] / sizes[1])))
    noise = rng.standard_normal(small[::-1], dtype=np.float32)
    return cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC) * 1.4


def blur(image: Array, sigma: float) -> Array:
    """Gaussian blur with `sigma` in eye distances of the head's canvas."""
    return cv2.GaussianBlur(image, (0, 0), sigma * SCALE)


def sample(line: Array, position: Array) -> Array:
    """Values of a one-dimensional texture at real-valued positions, taken modulo its length."""
    whole = np.floor(position)
    part = (position - whole).astype(np.float32)
    first = whole.astype(np.int64) % len(line)
    picked: Array = line[first] * (1.0 - part) + line[(first + 1) % len(line)] * part
    return picked
