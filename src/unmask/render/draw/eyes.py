"""Eyes and brows: sclera, iris, pupil, highlight, lids and lashes at every stage of a blink, and brows of strands."""

import cv2
import numpy as np

from unmask.render.draw.canvas import SCALE, Array, columns, grid, mix, rows, sample, step, to_pixels
from unmask.render.draw.light import Light
from unmask.render.person import Person

AREA = (rows(-0.26, 0.24), columns(-0.92, 0.92))  # what a blink redraws
IRIS_RADIUS = 0.098
PUPIL_RADIUS = 0.040
LOOK = 0.05  # how far an iris moves for a full glance sideways
LASH = np.array([0.07, 0.05, 0.05], np.float32)
SCLERA = np.array([0.90, 0.87, 0.85], np.float32)
TEAR = np.array([0.80, 0.50, 0.48], np.float32)


def _iris(person: Person, u: Array, v: Array, light: Light) -> tuple[Array, Array]:
    """Colour (h, w, 3) and opacity (h, w) of an iris about the origin."""
    rng = np.random.default_rng([person.marks, 4])
    radius = np.sqrt(u * u + v * v)
    spokes = sample(rng.standard_normal(48).astype(np.float32), (np.arctan2(v, u) / (2 * np.pi) + 0.5) * 48)
    ring = radius / IRIS_RADIUS
    tone = (0.85 + 0.5 * (1 - ring) + 0.12 * spokes) * (1 - 0.65 * step(ring - 0.88, 0.14))
    image = np.array(person.iris, np.float32) * np.clip(tone, 0.1, 2.0)[..., None]
    image = mix(image, np.float32(0.02) * np.ones(3, np.float32), step(PUPIL_RADIUS - radius, 0.012))
    side, up = 0.035 * np.sign(light.side), -0.035
    gleam = step(0.024 - np.hypot(u - side, v - up), 0.014) + 0.35 * step(0.016 - np.hypot(u + side, v + up), 0.01)
    image = mix(image, np.ones(3, np.float32), np.clip(gleam, 0.0, 1.0) * 0.92)
    return image, step(IRIS_RADIUS - radius, 0.014)


def _lids(person: Person, across: Array, opening: float) -> tuple[Array, Array]:
    """Heights of the upper and the lower lid's edge over `across` (-1 inner corner .. 1 outer corner)."""
    arch = np.clip(1.0 - across * across, 0.0, 1.0)
    tilt = -person.eye_tilt * 0.5 * across
    lower = tilt + person.eye_height * 0.80 * arch**0.9
    upper = tilt - person.eye_height * 1.12 * np.clip(1 - np.abs(across + 0.08) ** 2.2, 0.0, 1.0) ** 0.75
    closed = lower - 0.012 * arch
    return closed + (upper - closed) * opening, lower


def draw_eyes(face: Array, person: Person, light: Light, opening: float, look: float) -> Array:
    """Draws both eyes over a lit face.

    Args:
        face: the area `AREA` of the lit, eyeless face, (h, w, 3) in 0..1.
        person: whose eyes.
        light: says where the highlights sit.
        opening: 0 closed .. 1 open.
        look: -1 left .. 1 right.
    """
    u, v = (plane[AREA] for plane in grid())
    side = np.sign(u)
    across = (np.abs(u) - 0.5) / person.eye_width
    upper, lower = _lids(person, across, opening)
    open_upper, _ = _lids(person, across, 1.0)
    within = step(1.0 - np.abs(across), 0.06)
    shown = step(v - upper, 0.016) * step(lower - v, 0.016) * within
    bright = min(1.15, 0.55 + 0.3 * light.key + 0.35 * light.sky)
    ball = SCLERA * bright * (0.55 + 0.45 * step(v - upper - 0.035, 0.07) - 0.18 * np.abs(across) ** 3)[..., None]
    ball = mix(ball, TEAR * bright * 0.9, 0.8 * step(-0.86 - across, 0.10))
    iris, mask = _iris(person, u - side * 0.5 - look * LOOK, v + 0.012, light)
    ball = mix(ball, iris * bright * (0.65 + 0.35 * step(v - upper - 0.02, 0.06))[..., None], mask)
    fold = np.exp(-(((v - open_upper + 0.05 + 0.025 * person.eye_fold) / 0.014) ** 2)) * step(1.1 - np.abs(across), 0.2)
    out = mix(face, face * 0.62, 0.75 * person.eye_fold * fold)
    out = mix(out, np.clip(ball, 0.0, 1.0), shown)
    wing = step(1.08 - np.abs(across), 0.08)
    thick = 0.016 + 0.012 * (1 - person.manly)
    lash = np.exp(-(((v - upper + 0.004) / thick) ** 2)) * wing * (0.65 + 0.35 * step(across + 0.3, 0.5))
    under = np.exp(-(((v - lower - 0.004) / 0.010) ** 2)) * wing * 0.4
    return mix(out, LASH, np.clip(lash * 0.95 + under, 0.0, 1.0))


def brows(person: Person) -> Array:
    """Opacity (H, W) of both brows, drawn hair by hair."""
    rng = np.random.default_rng([person.marks, 5])
    u, _ = grid()
    image = np.zeros(u.shape, np.uint8)
    for side in (-1.0, 1.0):
        for along in rng.uniform(0.0, 1.0, round(90 + 70 * person.manly)):
            x = 0.20 + 0.66 * along
            arch = person.brow_arch * np.sin(np.pi * min(1.0, along * 0.8 + 0.12)) - 0.05 * along**3
            y = -person.brow_height - arch - person.brow_tilt * (along - 0.5)
            y += rng.normal(0.0, 0.45) * person.brow_thick * (1.15 - 0.75 * along)
            length, lean = rng.uniform(0.06, 0.12), 1.1 - 1.25 * along + rng.normal(0.0, 0.12)
            ends = np.array([[side * x, y], [side * (x + length * np.cos(lean)), y - length * np.sin(lean) * 0.6]])
            (x0, y0), (x1, y1) = np.round(to_pixels(ends) * 16).astype(int)
            cv2.line(image, (x0, y0), (x1, y1), int(rng.uniform(110, 235)), 1, cv2.LINE_AA, 4)
    soft = cv2.GaussianBlur(image, (0, 0), 0.008 * SCALE + 0.3).astype(np.float32) / 255.0
    opacity: Array = np.clip(soft * 1.25, 0.0, 0.92)
    return opacity
