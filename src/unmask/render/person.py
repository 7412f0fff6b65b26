"""Invented people: everything that makes one identity look like itself, drawn from a seeded generator."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Colour = tuple[float, float, float]  # red, green, blue in 0..1

# From light to dark, evenly spaced in perceived depth, so that every tone is equally likely.
SKIN: tuple[Colour, ...] = (
    (0.95, 0.80, 0.72), (0.91, 0.74, 0.64), (0.86, 0.67, 0.54), (0.78, 0.58, 0.44),
    (0.68, 0.48, 0.35), (0.56, 0.38, 0.27), (0.45, 0.29, 0.21), (0.34, 0.22, 0.16),
)  # fmt: skip
HAIR: dict[str, Colour] = {
    "black": (0.07, 0.06, 0.06), "brown": (0.22, 0.14, 0.09), "chestnut": (0.34, 0.19, 0.11),
    "blond": (0.68, 0.52, 0.31), "red": (0.50, 0.22, 0.10), "grey": (0.55, 0.54, 0.53), "dyed": (0.36, 0.12, 0.22),
}  # fmt: skip
IRIS: dict[str, Colour] = {
    "brown": (0.28, 0.16, 0.08), "dark": (0.17, 0.10, 0.06), "hazel": (0.42, 0.31, 0.14),
    "green": (0.34, 0.44, 0.26), "blue": (0.33, 0.48, 0.62), "grey": (0.45, 0.50, 0.54),
}  # fmt: skip
HAIR_STYLES = ("short", "side", "long", "bob", "curly", "bald", "bun")
Beard = Literal["none", "stubble", "full", "moustache"]


@dataclass(frozen=True)
class Person:
    """One identity. Lengths are in eye distances; shares and strengths are in 0..1."""

    skin: Colour
    blush: float
    freckles: float
    oil: float
    age: float
    manly: float
    face_width: float
    jaw_width: float
    jaw_square: float
    chin: float
    forehead: float
    cheeks: float
    eye_width: float
    eye_height: float
    eye_tilt: float
    eye_fold: float
    iris: Colour
    brow_height: float
    brow_thick: float
    brow_arch: float
    brow_tilt: float
    nose_length: float
    nose_width: float
    nose_bridge: float
    mouth_height: float
    mouth_width: float
    lip_upper: float
    lip_lower: float
    lips: Colour
    smile: float
    ears: float
    hair: Colour
    hair_style: str
    hair_volume: float
    hair_line: float
    hair_part: float
    beard: Beard
    glasses: Literal["none", "round", "square", "half"]
    glasses_colour: Colour
    marks: int  # seed of moles, pores, freckles and strands: they stay with a person over all clips


def _colour(rng: np.random.Generator, base: Colour, spread: float) -> Colour:
    """A colour near `base`."""
    tones = 1.0 + rng.normal(0.0, spread) + rng.normal(0.0, spread / 5, 3)
    red, green, blue = np.clip(np.array(base) * tones, 0.02, 0.98)
    return float(red), float(green), float(blue)


def _skin(rng: np.random.Generator) -> tuple[Colour, float]:
    """A skin colour and its depth, 0 light .. 1 dark."""
    depth = float(rng.uniform(0.0, 1.0))
    steps = np.linspace(0.0, 1.0, len(SKIN))
    red, green, blue = (float(np.interp(depth, steps, [tone[c] for tone in SKIN])) for c in range(3))
    return _colour(rng, (red, green, blue), 0.02), depth


def _hair(rng: np.random.Generator, depth: float, age: float) -> Colour:
    """A hair colour: dark hair grows on every skin, light hair mostly on light skin, grey comes with age."""
    if rng.random() < (age - 0.45) * 1.3:
        return _colour(rng, HAIR["grey"], 0.15)
    names = ["black", "brown", "dyed"] if depth > 0.5 else ["black", "brown", "chestnut", "blond", "red"]
    share = [0.6, 0.34, 0.06] if depth > 0.5 else [0.2, 0.3, 0.22, 0.2, 0.08]
    return _colour(rng, HAIR[str(rng.choice(names, p=share))], 0.12)


def _lips(rng: np.random.Generator, skin: Colour, manly: float) -> Colour:
    """A lip colour: redder and darker than the skin, more so with make-up."""
    paint = max(0.0, 0.5 - manly) * float(rng.uniform(0.2, 1.4))
    redder = np.array([0.94, 0.66, 0.66]) * (1 - paint) + np.array([0.92, 0.40, 0.44]) * paint
    red, green, blue = np.array(skin) * redder
    return float(red), float(green), float(blue)


def invent(rng: np.random.Generator) -> Person:
    """Draws one identity.

    Args:
        rng: the identity's own generator.
    """
    manly, age = float(rng.beta(0.6, 0.6)), float(rng.uniform(0.0, 1.0))
    skin, depth = _skin(rng)
    man = manly > 0.5
    style = str(rng.choice(HAIR_STYLES, p=[0.4, 0.27, 0.03, 0.0, 0.14, 0.16, 0.0] if man else
                           [0.1, 0.08, 0.36, 0.2, 0.12, 0.02, 0.12]))  # fmt: skip
    beards: list[Beard] = ["none", "stubble", "full", "moustache"]
    frames: list[Literal["none", "round", "square", "half"]] = ["none", "round", "square", "half"]
    iris = ["brown", "dark", "hazel"] if depth > 0.5 else list(IRIS)
    normal, uniform = rng.normal, rng.uniform

    def around(mean: float, spread: float) -> float:
        return float(np.clip(normal(mean, spread), mean - 2 * spread, mean + 2 * spread))

    return Person(
        skin=skin, blush=float(uniform(0.2, 1.0)), freckles=float(max(0.0, uniform(-1.0, 1.0)) * (1 - depth)),
        oil=float(uniform(0.2, 1.0)), age=age, manly=manly,
        face_width=around(1.07, 0.05), jaw_width=around(0.90 + 0.06 * manly, 0.05),
        jaw_square=around(2.1 + 0.35 * manly, 0.15), chin=around(1.76 + 0.06 * manly, 0.05),
        forehead=around(1.0, 0.06), cheeks=float(uniform(0.3, 1.0)),
        eye_width=around(0.25, 0.012), eye_height=around(0.092 - 0.012 * manly, 0.01),
        eye_tilt=around(0.03, 0.05), eye_fold=float(uniform(0.2, 1.0)),
        iris=_colour(rng, IRIS[str(rng.choice(iris))], 0.1),
        brow_height=around(0.36 - 0.03 * manly, 0.025), brow_thick=around(0.042 + 0.025 * manly, 0.008),
        brow_arch=around(0.07 - 0.02 * manly, 0.02), brow_tilt=around(0.02, 0.04),
        nose_length=around(0.58, 0.03), nose_width=around(0.19 + 0.02 * manly + 0.03 * depth, 0.018),
        nose_bridge=float(uniform(0.4, 1.0)),
        mouth_height=around(1.12, 0.03), mouth_width=around(0.40, 0.025),
        lip_upper=around(0.088 - 0.02 * manly + 0.015 * depth, 0.012),
        lip_lower=around(0.122 - 0.02 * manly + 0.015 * depth, 0.014),
        lips=_lips(rng, skin, manly), smile=around(0.015, 0.02), ears=float(uniform(0.8, 1.1)),
        hair=_hair(rng, depth, age), hair_style=style, hair_volume=float(uniform(0.1, 0.24)),
        hair_line=around(-1.02 - 0.12 * manly * age, 0.06), hair_part=float(uniform(-0.6, 0.6)),
        beard=str(rng.choice(beards, p=[0.45, 0.25, 0.2, 0.1])) if man else "none",  # type: ignore[arg-type]
        glasses=str(rng.choice(frames, p=[0.78, 0.08, 0.08, 0.06])),  # type: ignore[arg-type]
        glasses_colour=_colour(rng, HAIR[str(rng.choice(["black", "chestnut", "grey"]))], 0.2),
        marks=int(rng.integers(2**31)),
    )  # fmt: skip
