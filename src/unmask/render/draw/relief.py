"""The shape of a head: its outline and a height field of bone, nose, cheeks, lips and chin."""

from dataclasses import dataclass

import numpy as np

from unmask.render.draw.canvas import Array, blob, blur, both, grid, step
from unmask.render.person import Person

CROWN = -0.42  # centre of the skull's ellipse
SKULL_HEIGHT = 1.30
JAW = 0.25  # centre of the jaw's rounded box
TAPER = 0.17  # share of its width that the jaw loses down to the chin
UNION = 7.0  # sharpness with which skull and jaw melt into one outline


@dataclass(frozen=True)
class Relief:
    """Height above the plane of the ears (H, W), its smooth version for turning, and 1 inside the head's outline."""

    height: Array
    smooth: Array
    inside: Array
    level: Array  # below 1 inside, above 1 outside, growing with the distance from the centre


def outline(person: Person, swell: float = 0.0) -> Array:
    """Level set of the head's outline, 1 on the edge; `swell` pushes the skull outwards, for hair."""
    u, v = grid()
    width, tall = person.face_width + swell, SKULL_HEIGHT * person.forehead + swell
    skull = np.abs(u / width) ** 2.2 + np.abs((v - CROWN) / tall) ** 2.2
    power = person.jaw_square
    narrowing = 1.0 - TAPER * np.clip((v - 0.35) / (person.chin - 0.35), 0.0, 1.0) ** 1.4
    across = np.abs(u) / ((person.jaw_width + 0.4 * swell) * narrowing)
    jaw = across**power + (np.abs(v - JAW) / (person.chin - JAW)) ** power
    level: Array = -np.log(np.exp(-UNION * skull) + np.exp(-UNION * jaw) + 1e-30) / UNION
    return level


def _nose(person: Person) -> Array:
    u, v = grid()
    tip, wide = person.nose_length, person.nose_width
    along = np.clip((v + 0.22) / (tip + 0.22), 0.0, 1.0)
    rise = (0.07 + 0.10 * person.nose_bridge) * (1 - along) + 0.25 * along**1.5
    ridge = rise * np.exp(-0.5 * (u / (0.085 + 0.06 * along)) ** 2)
    ridge *= step(v + 0.30, 0.30) * step(tip + 0.09 - v, 0.24)
    bulb = 0.12 * blob(u, v, (0.0, tip + 0.01), (wide * 0.55, 0.085))
    wings = 0.11 * both(u, v, (wide * 0.92, tip + 0.06), (0.068, 0.07))
    under = -0.05 * blob(u, v, (0.0, tip + 0.19), (wide * 0.9, 0.035))
    nose: Array = ridge + bulb + wings + under
    return nose


def _flesh(person: Person) -> Array:
    u, v = grid()
    old, man, mouth = person.age, person.manly, person.mouth_height
    shape = -0.13 * both(u, v, (0.48, -0.03), (0.23, 0.13))
    shape += (0.02 + 0.05 * man) * both(u, v, (0.42, -0.30), (0.34, 0.09))
    shape += 0.11 * person.cheeks * both(u, v, (0.64, 0.42), (0.26, 0.20))
    shape -= (0.02 + 0.05 * (1 - person.cheeks)) * both(u, v, (0.68, 0.92), (0.20, 0.28))
    shape += 0.10 * blob(u, v, (0.0, mouth - 0.02), (0.40, 0.26))
    shape += 0.09 * blob(u, v, (0.0, person.chin - 0.20), (0.26, 0.13))
    shape -= 0.05 * blob(u, v, (0.0, mouth + 0.29), (0.26, 0.07))
    shape -= (0.015 + 0.035 * old) * both(u, v, (0.40, 0.86), (0.035, 0.26), -0.50)
    shape -= 0.03 * old * both(u, v, (0.47, 0.21), (0.20, 0.03), 0.12)
    shape += 0.025 * both(u, v, (0.49, 0.14), (0.19, 0.045)) * (0.4 + old)
    for line in (-0.86, -0.74, -0.62):
        shape -= 0.012 * max(0.0, old - 0.4) * blob(u, v, (0.0, line), (0.5, 0.018))
    result: Array = shape
    return result


def _lips(person: Person) -> Array:
    u, v = grid()
    mouth, wide = person.mouth_height, person.mouth_width
    lips = 0.05 * blob(u, v, (0.0, mouth - 0.5 * person.lip_upper), (wide * 0.55, 0.5 * person.lip_upper))
    lips += 0.07 * blob(u, v, (0.0, mouth + 0.55 * person.lip_lower), (wide * 0.5, 0.5 * person.lip_lower))
    lips -= 0.05 * blob(u, v, (0.0, mouth), (wide * 0.6, 0.022))
    lips -= 0.05 * both(u, v, (wide + 0.02, mouth), (0.05, 0.06))
    lips -= 0.02 * blob(u, v, (0.0, mouth - 0.2), (0.035, 0.08))
    result: Array = lips
    return result


def model(person: Person) -> Relief:
    """Builds the height field of a person's head, (H, W) float32, in eye distances."""
    level = outline(person)
    dome = 0.95 * np.sqrt(1.0 - np.clip(level, 0.0, 1.0) ** 1.25)
    inside = step(1.0 - level, 0.035)
    height = dome + (_nose(person) + _flesh(person) + _lips(person)) * inside
    smooth = blur((dome + 0.8 * _nose(person)).astype(np.float32), 0.06)
    return Relief(height.astype(np.float32), smooth, inside, level)
