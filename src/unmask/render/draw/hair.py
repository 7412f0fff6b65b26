"""Hair: where it grows in each style, strands that follow its fall, and locks that hang behind the neck."""

from dataclasses import dataclass

import cv2
import numpy as np

from unmask.render.draw.canvas import Array, blob, both, grid, sample, step, texture
from unmask.render.draw.relief import outline
from unmask.render.person import Person

STRANDS = 720  # independent strands around the parting


@dataclass(frozen=True)
class Hair:
    """Opacity (H, W), bump (H, W) in eye distances and tone (H, W), a factor about 1, of one layer of hair."""

    opacity: Array
    bump: Array
    tone: Array


def _strands(person: Person, stream: int) -> Array:
    """Strand texture (H, W), about -1..1, fanning out from the parting."""
    rng = np.random.default_rng([person.marks, 6, stream])
    u, v = grid()
    if person.hair_style == "curly":
        fine, coarse = texture(rng, u.shape, (5, 5)), texture(rng, u.shape, (11, 11))
        return np.clip(0.45 * fine + 0.55 * coarse, -1.6, 1.6)
    wave = 0.05 * texture(rng, u.shape, (60, 40))
    top = np.maximum(v + 1.75, 0.12)
    angle = (u - person.hair_part * np.exp(-((v + 1.7) ** 2))) / (top * 0.55 + 0.35) + wave
    lines = rng.standard_normal(STRANDS).astype(np.float32)
    fine = sample(lines, angle * 46.0 + 0.4 * texture(rng, u.shape, (9, 30)))
    coarse = sample(lines, angle * 11.0 + 300.0)
    return np.clip(0.55 * fine + 0.45 * coarse + 0.25 * texture(rng, u.shape, (4, 16)), -1.6, 1.6)


def _hairline(person: Person) -> Array:
    """Height v (H, W) above which the skull is covered."""
    u, _ = grid()
    across = np.abs(u) / person.face_width
    temple = 0.16 * person.manly * np.exp(-(((across - 0.55) / 0.2) ** 2))
    front = person.hair_line - temple + 0.10 * across**2
    down = {"short": 0.05, "side": 0.12, "bald": 0.0, "curly": 0.15, "bun": -0.05}.get(person.hair_style, 3.0)
    rim = 0.86 if person.hair_style in ("long", "bob") else 0.93
    line: Array = front + (down - front) * step(across - rim, 0.16)
    if person.hair_style == "side":
        line = line + 0.26 * np.exp(-(((u - 0.5 * np.sign(person.hair_part)) / 0.45) ** 2))
    if person.hair_style in ("long", "bob"):
        line = line + 0.55 * np.clip(np.abs(u - person.hair_part * 0.5) - 0.25, 0, 0.8) ** 1.3
    return line


def _ends(person: Person) -> float:
    """Height v at which hair at the sides ends."""
    return {"long": 2.35, "bob": 1.25}.get(person.hair_style, 0.6)


def front(person: Person) -> Hair:
    """The layer of hair in front of the head; for a bald head a faint shadow of hair."""
    u, v = grid()
    strands = _strands(person, 1)
    volume = person.hair_volume * (1.9 if person.hair_style == "curly" else 1.0) + 0.03
    if person.hair_style == "bald":
        shadow = step(1.0 - outline(person), 0.03) * step(_hairline(person) - v + 0.1 * strands, 0.35)
        return Hair(shadow * 0.28 * person.manly, strands * 0.001, 0.9 + 0.1 * strands)
    level = outline(person, volume) + 0.03 * strands
    inside = step(1.0 - level, 0.05)
    cover = inside * step(_hairline(person) - v + 0.05 * strands, 0.09)
    if person.hair_style in ("long", "bob"):
        half = person.face_width + volume + 0.06 * np.sin(2.2 * v + person.hair_part * 5)
        width = 0.16 + 0.10 * step(v - 0.5, 1.2)
        out = np.abs(u) - half
        lock = step(0.02 * strands - out, 0.05) * step(out + width + 0.2 + 0.03 * strands, 0.08)
        cover = np.maximum(cover, lock * step(v + 0.3, 0.6) * step(_ends(person) - v + 0.1 * strands, 0.12))
    if person.hair_style == "bun":
        cover = np.maximum(cover, step(0.5 - np.hypot(u, (v + 1.9) * 1.2) + 0.03 * strands, 0.05))
    shine = 0.22 * blob(u, v, (-0.1, -1.35), (0.7, 0.10)) + 0.12 * both(u, v, (1.1, -0.6), (0.12, 0.4))
    depth = 0.05 if person.hair_style == "curly" else 0.018
    tone = 1.0 + 0.30 * strands + shine * (1 + strands)
    return Hair(np.clip(cover, 0, 1), 0.10 * cover + depth * strands * cover, np.clip(tone, 0.25, 2.2))


def back(person: Person) -> Hair | None:
    """The hair behind neck and ears, or None when the style has none."""
    if person.hair_style not in ("long", "bob", "curly"):
        return None
    u, v = grid()
    strands = _strands(person, 2)
    half = (person.face_width + person.hair_volume) * (1.0 + 0.05 * np.clip(v, 0, 2)) + 0.05
    if person.hair_style == "curly":
        cover = step(1.0 - outline(person, person.hair_volume * 2.2 + 0.05) + 0.06 * strands, 0.06)
    else:
        cover = step(half - np.abs(u) + 0.04 * strands, 0.06) * step(v + 0.8, 0.5)
        cover = cover * step(_ends(person) + 0.1 - v + 0.12 * strands, 0.12)
    depth = 0.75 - 0.2 * step(1.0 - np.abs(u), 0.6)
    return Hair(np.clip(cover, 0, 1), 0.02 * strands, np.clip((1.0 + 0.35 * strands) * depth, 0.2, 1.6))


def soften(opacity: Array) -> Array:
    """Wispy edge: the opacity blurred by less than a strand."""
    return cv2.GaussianBlur(opacity.astype(np.float32), (0, 0), 0.8)
