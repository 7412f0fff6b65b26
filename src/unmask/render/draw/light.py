"""Light on a height field: key light with soft terminator and cast shadow, fill, sky, gloss and creases."""

from dataclasses import dataclass

import cv2
import numpy as np

from unmask.render.draw.canvas import SCALE, Array, blur

WRAP = np.array([0.40, 0.26, 0.20], np.float32)  # red light travels furthest under the skin
SHADOW_STEPS = 9
SHADOW_REACH = 0.55  # how far, in eye distances, an obstacle is looked for
CREASE = 0.10  # width of creases that ambient light does not reach
GAMMA = 2.2


@dataclass(frozen=True)
class Light:
    """Light of one clip: direction of the key light in radians, strengths, and colours as red and blue gains."""

    side: float  # negative: from the left
    height: float
    key: float
    fill: float
    sky: float
    warmth: float  # of the key light; the fill is as much colder


def normals(height: Array) -> Array:
    """Unit normals (H, W, 3) of a height field (H, W), pointing towards the viewer."""
    du = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=SCALE / 8)
    dv = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=SCALE / 8)
    length = np.sqrt(du * du + dv * dv + 1.0)
    normal: Array = np.stack([-du / length, -dv / length, 1.0 / length], axis=-1)
    return normal


def direction(light: Light) -> Array:
    """Unit vector towards the key light."""
    flat = np.cos(light.height)
    towards: Array = np.array([np.sin(light.side) * flat, -np.sin(light.height), np.cos(light.side) * flat], np.float32)
    return towards


def _dot(normal: Array, vector: Array) -> Array:
    """Scalar products (H, W); spelt out because a BLAS rounds differently with another number of threads."""
    product: Array = normal[..., 0] * vector[0] + normal[..., 1] * vector[1] + normal[..., 2] * vector[2]
    return product


def cast_shadow(height: Array, towards: Array) -> Array:
    """Share of the key light that arrives (H, W), 0 in full shadow, by looking from each point towards the light."""
    small = cv2.resize(height, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    blocked = np.zeros_like(small)
    for number in range(1, SHADOW_STEPS + 1):
        reach = SHADOW_REACH * number / SHADOW_STEPS
        shift = towards[:2] / max(float(towards[2]), 0.3) * reach * 0.5 * SCALE
        matrix = np.array([[1, 0, -shift[0]], [0, 1, -shift[1]]], np.float32)
        there = cv2.warpAffine(small, matrix, small.shape[::-1], flags=cv2.INTER_LINEAR)
        blocked = np.maximum(blocked, there - small - reach)
    soft = cv2.GaussianBlur(np.clip(blocked * 9.0, 0.0, 1.0), (0, 0), 2.2)
    arriving: Array = 1.0 - cv2.resize(soft, height.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return arriving


def shade(albedo: Array, height: Array, light: Light, gloss: Array) -> Array:
    """Lights a surface.

    Args:
        albedo: colour (H, W, 3) in 0..1, display values.
        height: relief (H, W) in eye distances.
        light: the clip's light.
        gloss: strength of the highlight (H, W), 0 dull .. 1 oily.

    Returns:
        Colour (H, W, 3) in 0..1, display values.
    """
    normal, towards = normals(height), direction(light)
    warm = np.array([1 + light.warmth, 1.0, 1 - light.warmth], np.float32)
    arrives = cast_shadow(height, towards)[..., None]
    facing = _dot(normal, towards)[..., None]
    key = np.clip((facing + WRAP) / (1 + WRAP), 0.0, None) * (0.25 * WRAP + (1 - 0.25 * WRAP) * arrives)
    fill = np.clip(_dot(normal, towards * np.array([-1, 0.3, 1], np.float32)), 0.0, None)[..., None]
    sky = (0.5 - 0.5 * normal[..., 1:2]) * 0.5 + 0.5
    crease = np.clip(1.0 - 2.2 * np.clip(blur(height, CREASE) - height, 0.0, 0.25), 0.4, 1.0)[..., None]
    half = towards + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    aligned = np.clip(_dot(normal, half), 0.0, 1.0)
    shine = (gloss * (0.13 * aligned**24 + 0.06 * aligned**6))[..., None] * arrives
    total = light.key * key * warm + (light.fill * fill * (2 - warm) + light.sky * sky) * crease
    linear = np.power(albedo, GAMMA) * total + shine * light.key * warm
    shown: Array = np.power(np.clip(linear, 0.0, 1.0), 1.0 / GAMMA)
    return shown
