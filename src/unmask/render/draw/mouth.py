"""The mouth: a jaw that drops, and what shows between the lips."""

import cv2
import numpy as np

from unmask.render.draw.canvas import SCALE, Array, blob, grid, mix, rows, step
from unmask.render.draw.light import Light
from unmask.render.person import Person

AREA = (rows(0.62, 2.3), slice(None))  # what speaking redraws
GAPE = 0.30  # gap between the lips, in eye distances, of a fully open mouth
UPPER_SHARE = 0.15  # share of the gap that the upper lip makes
JAW_SHARE = 0.55  # how far chin and jaw sink, as a share of the gap
NARROW = 0.07  # share of its width that a fully open mouth loses
TOOTH = np.array([0.90, 0.87, 0.80], np.float32)
INSIDE = np.array([0.20, 0.06, 0.06], np.float32)
TONGUE = np.array([0.62, 0.28, 0.28], np.float32)


def _opening(person: Person, opening: float) -> tuple[Array, Array, Array]:
    """Line of the closed mouth, lower edge of the upper lip and upper edge of the lower lip, each (h, w)."""
    u, _ = (plane[AREA] for plane in grid())
    across = np.clip(np.abs(u) / (person.mouth_width * 0.97), 0.0, 1.0)
    line = person.mouth_height - person.smile * across**2 + 0.012 * np.cos(across * 5.0)
    upper = line - UPPER_SHARE * GAPE * opening * (1 - across**2)
    return line, upper, upper + GAPE * opening * (1 - across**2) ** 0.8


def _inside(person: Person, opening: float, light: Light) -> Array:
    u, v = (plane[AREA] for plane in grid())
    _, edge, _ = _opening(person, opening)
    bright = 0.50 + 0.30 * light.key + 0.25 * light.sky
    image = np.broadcast_to(INSIDE * bright, (*u.shape, 3))
    image = mix(image, TONGUE * bright * 0.7, blob(u, v, (0.0, person.mouth_height + 0.24), (0.17, 0.08)) * 0.9)
    split = 1.0 - 0.35 * np.exp(-(((u / 0.062 + 0.5) % 1.0 - 0.5) ** 2) / 0.006)
    teeth = TOOTH * (bright * split * (1.0 - 0.9 * u * u))[..., None]
    image = mix(image, np.clip(teeth, 0, 1), step(edge + 0.30 * GAPE - v, 0.02) * step(0.28 - np.abs(u), 0.06))
    shadow = 0.45 + 0.55 * step(v - edge - 0.03, 0.07)
    shaded: Array = image * shadow[..., None]
    return shaded


def open_mouth(head: Array, person: Person, light: Light, opening: float) -> Array:
    """Opens the mouth of a lit head.

    Args:
        head: the area `AREA` of the lit head with opacity, (h, w, 4) float32 in 0..1, mouth closed.
        person: whose mouth.
        light: the clip's light.
        opening: 0 closed .. 1 wide open.

    Returns:
        The same area with the mouth open.
    """
    u, v = (plane[AREA] for plane in grid())
    line, upper, lower = _opening(person, opening)
    jaw = JAW_SHARE * GAPE * opening * step(1.0 - np.abs(u) / 1.05, 0.5) * step(2.25 - v, 0.5)
    near = np.exp(-((np.clip(v - lower, 0.0, None) / 0.22) ** 2))
    sink = (lower - line) * near + jaw * step(v - line - 0.2, 0.4) * (1 - near)
    rise = (line - upper) * np.exp(-((np.clip(upper - v, 0.0, None) / 0.16) ** 2))
    narrow = 1.0 + NARROW * opening * blob(u, v, (0.0, person.mouth_height), (0.5, 0.35))
    map_x = u * (narrow - 1.0) * SCALE + np.arange(u.shape[1], dtype=np.float32)
    map_y = np.where(v < 0.5 * (upper + lower), rise, -sink) * SCALE
    map_y += np.arange(u.shape[0], dtype=np.float32)[:, None]
    moved = cv2.remap(
        head, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
    )
    inside = step(v - upper, 0.02) * step(lower - v, 0.02) * step(lower - upper - 0.012, 0.02)
    moved[..., :3] = mix(moved[..., :3], _inside(person, opening, light), inside)
    return moved


def move_mouth(points: Array, person: Person, opening: float) -> Array:
    """Where an open mouth takes points (N, 2): corners inwards, everything below the lips down with the jaw."""
    moved = points.astype(np.float64)
    lower = np.clip((points[:, 1] - person.mouth_height - 0.03) / 0.1, 0.0, 1.0)
    moved[:, 1] += lower * GAPE * opening * JAW_SHARE
    corner = np.exp(-0.5 * ((points[:, 0] / 0.5) ** 2 + ((points[:, 1] - person.mouth_height) / 0.35) ** 2))
    moved[:, 0] /= 1.0 + NARROW * opening * corner
    return moved
