"""Skin and lips: the colour of a face before any light falls on it, and the fine relief of its pores."""

import cv2
import numpy as np

from unmask.render.draw.canvas import SCALE, Array, blob, both, grid, mix, step, texture, to_pixels
from unmask.render.person import Person

RED = np.array([1.05, 0.80, 0.78], np.float32)  # how blood changes a skin's colour
SPOT = np.array([0.70, 0.58, 0.52], np.float32)  # the same for freckles and moles


def _dots(rng: np.random.Generator, count: int, size: tuple[float, float], spread: tuple[float, float]) -> Array:
    """Opacity (H, W) of round dots scattered about the nose."""
    u, _ = grid()
    image = np.zeros(u.shape, np.uint8)
    for _ in range(count):
        place = to_pixels(np.array([rng.normal(0, spread[0]), rng.normal(0.3, spread[1])]))
        radius = rng.uniform(*size) * SCALE
        centre = (int(place[0] * 16), int(place[1] * 16))
        cv2.circle(image, centre, int(radius * 16), int(rng.uniform(90, 220)), -1, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(image, (0, 0), 0.7).astype(np.float32) / 255.0


def lip_masks(person: Person) -> tuple[Array, Array]:
    """Opacity of the upper and of the lower lip, each (H, W), for a closed mouth."""
    u, v = grid()
    wide, middle = person.mouth_width, person.mouth_height
    across = np.clip(np.abs(u) / wide, 0.0, 1.0)
    line = middle - person.smile * across**2 + 0.012 * np.cos(across * 5.0)
    bow = 1.0 - 0.20 * np.exp(-((u / 0.06) ** 2)) + 0.10 * np.exp(-(((np.abs(u) - 0.12) / 0.07) ** 2))
    top = line - person.lip_upper * bow * (1 - across**1.6)
    bottom = line + person.lip_lower * (1 - across**2.2)
    within = step(wide + 0.01 - np.abs(u), 0.03)
    upper = step(v - top, 0.025) * step(line - v, 0.015) * within
    lower = step(v - line, 0.015) * step(bottom - v, 0.03) * within
    return upper, lower


def pores(person: Person) -> Array:
    """Fine relief (H, W) in eye distances: pores everywhere, wrinkles' grain with age."""
    rng = np.random.default_rng([person.marks, 1])
    u, _ = grid()
    fine = rng.standard_normal(u.shape, dtype=np.float32)
    fine = cv2.GaussianBlur(fine, (0, 0), 0.9) * 2.2
    return fine * (0.0012 + 0.0016 * person.age) + texture(rng, u.shape, (9, 9)) * 0.0011


def _beard(person: Person, rng: np.random.Generator) -> Array:
    u, v = grid()
    mouth = person.mouth_height
    edge = np.interp(np.abs(u), [0.0, 0.3, 0.5, 0.8, 1.1], [mouth + 0.2, mouth + 0.12, mouth - 0.12, 0.75, 0.2])
    grain = texture(rng, u.shape, (3, 6)) * 0.05
    chin = step(v - edge.astype(np.float32) + grain, 0.16)
    lip = step(0.07 - np.abs(v - (mouth - 0.16 + 0.25 * u * u)) + 0.3 * grain, 0.05) * step(0.42 - np.abs(u), 0.1)
    corner = both(u, v, (0.43, mouth + 0.05), (0.07, 0.13)) * 1.2
    area = {"none": chin * 0, "moustache": lip, "full": np.maximum(np.maximum(chin, lip), corner)}
    grown: Array = np.clip(area.get(person.beard, np.maximum(chin, lip)), 0.0, 1.0)
    return grown


def beard(person: Person) -> tuple[Array, Array]:
    """Opacity of facial hair (H, W) in 0..1 and its strand texture (H, W), about -1..1."""
    rng = np.random.default_rng([person.marks, 2])
    u, _ = grid()
    upper, lower = lip_masks(person)
    area = _beard(person, rng) * (1.0 - np.maximum(upper, lower))
    strands = texture(rng, u.shape, (1.6, 6)) * 0.6
    if person.beard == "stubble":
        return area * np.clip(0.34 + 0.25 * texture(rng, u.shape, (1.4, 1.8)), 0.0, 0.8), strands * 0.3
    return area * np.clip(0.9 + 0.15 * strands, 0.0, 1.0), strands


def colour(person: Person) -> Array:
    """Albedo (H, W, 3) of the bald, shaven, eyeless face with its lips."""
    rng = np.random.default_rng([person.marks, 3])
    u, v = grid()
    tip, skin = person.nose_length, np.array(person.skin, np.float32)
    mottled = 1.0 + 0.018 * texture(rng, u.shape, (14, 14)) + 0.012 * texture(rng, u.shape, (3, 3))
    face = skin * mottled[..., None]
    blood = 0.5 * person.blush * both(u, v, (0.66, 0.48), (0.26, 0.2))
    blood += 0.35 * person.blush * blob(u, v, (0.0, tip), (0.2, 0.14)) + 0.35 * step(np.abs(u) - 1.05, 0.1)
    blood += 0.06 * np.clip(texture(rng, u.shape, (24, 24)), 0, 2)
    face = mix(face, face * RED, np.clip(blood, 0.0, 1.0))
    tired = (0.25 + 0.45 * person.age) * both(u, v, (0.46, 0.17), (0.19, 0.07)) + 0.3 * both(
        u, v, (0.48, -0.12), (0.22, 0.07)
    )
    face = mix(face, face * np.array([0.80, 0.68, 0.70], np.float32), np.clip(tired, 0, 1))
    spots = _dots(rng, round(160 * person.freckles), (0.006, 0.018), (0.5, 0.28)) * 0.55
    moles = _dots(rng, int(rng.integers(0, 5)), (0.015, 0.03), (0.6, 0.6))
    face = mix(face, face * SPOT, np.maximum(spots, moles))
    upper, lower = lip_masks(person)
    lips = np.array(person.lips, np.float32) * (1.0 + 0.06 * texture(rng, u.shape, (2.5, 12)))[..., None]
    face = mix(face, lips * 0.92, upper * 0.9)
    face = mix(face, lips, lower * 0.85)
    dark = 0.62 * both(u, v, (person.nose_width * 0.56, tip + 0.105), (0.045, 0.024), -0.3)
    dark += 0.35 * blob(u, v, (0.0, person.mouth_height), (person.mouth_width * 0.62, 0.013))
    return np.clip(mix(face, skin * 0.22, np.clip(dark, 0.0, 1.0)), 0.02, 1.0).astype(np.float32)
