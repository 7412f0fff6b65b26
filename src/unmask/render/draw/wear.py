"""What people wear: glasses, and clothes over neck and shoulders."""

from dataclasses import dataclass

import cv2
import numpy as np

from unmask.render.draw.canvas import Array, blob, grid, mix, step, texture, to_pixels
from unmask.render.draw.light import Light, shade
from unmask.render.person import Person

NECK, TALL = 1.0, 3.8  # where the body's canvas begins and how tall it is, in eye distances
SPREAD = 2.4  # the body's canvas is this much wider than the head's


@dataclass(frozen=True)
class Collar:
    """A cut of clothes: depth and half-width of the neckline, its roundness, and what shows along it."""

    depth: float
    hole: float
    power: float
    jacket: float = 0.0
    rim: float = 0.0


COLLARS = {
    "crew": Collar(0.18, 0.27, 2.0),
    "vee": Collar(0.75, 0.25, 1.0),
    "shirt": Collar(0.50, 0.19, 1.0, rim=1.0),
    "jacket": Collar(0.85, 0.27, 1.0, jacket=1.0),
}


def glasses(person: Person) -> Array | None:
    """A layer (H, W, 4) of glasses in 0..1, colour and opacity, or None."""
    if person.glasses == "none":
        return None
    u, v = grid()
    power = {"round": 2.0, "square": 5.0, "half": 3.5}[person.glasses]
    tall = {"round": 0.33, "square": 0.27, "half": 0.25}[person.glasses]
    level = (np.abs(np.abs(u) - 0.53) / 0.38) ** power + (np.abs(v - 0.04) / tall) ** power
    distance = (level ** (1 / power) - 1.0) * 0.34
    rim = step(0.026 - np.abs(distance), 0.018)
    if person.glasses == "half":
        rim = rim * step(0.02 - v, 0.12)
    bridge = step(0.022 - np.abs(v + 0.05 - 0.4 * u * u), 0.014) * step(0.17 - np.abs(u), 0.02)
    arms = step(0.024 - np.abs(v + 0.09), 0.014) * step(np.abs(u) - 0.88, 0.02) * step(1.12 - np.abs(u), 0.02)
    frame = np.clip(rim + bridge + arms, 0.0, 1.0)
    lens = step(-distance, 0.02) * (0.05 + 0.12 * np.exp(-(((u - v - 0.35) % 1.05 - 0.4) ** 2) / 0.008))
    colour = np.where(frame[..., None] > 0.5, np.array(person.glasses_colour, np.float32), np.float32(0.92))
    return np.dstack([colour * (0.75 + 0.5 * step(-v, 0.3))[..., None], np.maximum(frame, lens)]).astype(np.float32)


def _cloth(rng: np.random.Generator, shape: tuple[int, int], u: Array, v: Array) -> Array:
    """Colour (H, W, 3) of a cloth: plain, striped or checked, with a weave."""
    base, second = rng.uniform(0.06, 0.8, 3), rng.uniform(0.1, 0.9, 3)
    grey = base.mean()
    base = grey + (base - grey) * rng.uniform(0.2, 0.9)
    cloth = np.broadcast_to(base.astype(np.float32), (*shape, 3))
    kind, pitch = rng.choice(["plain", "plain", "stripes", "checks"]), rng.uniform(0.12, 0.4)
    if kind != "plain":
        bands = step(np.sin(2 * np.pi * v / pitch) - 0.5, 0.3)
        if kind == "checks":
            bands = np.maximum(bands, step(np.sin(2 * np.pi * u / pitch) - 0.5, 0.3)) * 0.6
        cloth = mix(cloth, second.astype(np.float32), bands * 0.7)
    return cloth * (1.0 + 0.05 * texture(rng, shape, (1.5, 1.5)))[..., None]


def _shoulders(person: Person, u: Array, v: Array) -> tuple[Array, Array]:
    """Opacity (H, W) of the neck and of the trunk."""
    broad, thick = _breadth(person)
    slope = 2.22 + 0.26 * np.clip(np.abs(u) - thick, 0, None) ** 0.8 + 1.1 * np.clip(np.abs(u) - broad, 0, None) ** 2
    neck = step(thick + 0.22 * np.clip(v - 1.6, 0, 1) ** 2 - np.abs(u), 0.04) * step(v - NECK - 0.1, 0.05)
    return neck * step(2.9 - v, 0.1), step(v - slope, 0.05)


def _breadth(person: Person) -> tuple[float, float]:
    """Half the width of shoulders and neck."""
    return 2.25 + 0.4 * person.manly, 0.62 + 0.16 * person.manly


def _dress(rng: np.random.Generator, thick: float, u: Array, v: Array) -> tuple[Array, Array]:
    """Colour (H, W, 3) of the clothes and where (H, W) they lie, as far as the trunk goes."""
    collar = COLLARS[str(rng.choice(list(COLLARS)))]
    cut = 2.36 + collar.depth * np.clip(1 - (np.abs(u) / (thick + collar.hole)) ** collar.power, -1, 1)
    cloth = _cloth(rng, (u.shape[0], u.shape[1]), u, v)
    inner = collar.jacket * step(0.34 + 0.30 * (3.2 - v) - np.abs(u), 0.03)
    rim = collar.rim * step(0.16 - np.abs(v - cut - 0.10), 0.02) * step(0.85 - np.abs(u), 0.02)
    second = rng.uniform(0.4, 0.95, 3).astype(np.float32)
    return mix(cloth, second, 0.9 * np.maximum(inner, rim)), step(v - cut, 0.03)


def body(person: Person, light: Light, rng: np.random.Generator) -> Array:
    """Draws neck, shoulders and clothes on the body's canvas.

    Args:
        person: whose body.
        light: the clip's light.
        rng: the clip's generator: clothes change from clip to clip.

    Returns:
        Premultiplied layer (H, W, 4) float32 in 0..1; `body_pixels` says where its points lie.
    """
    plane_u, plane_v = grid()
    u = plane_u * SPREAD
    v = (plane_v - plane_v[0, 0]) / (plane_v[-1, 0] - plane_v[0, 0]) * TALL + NECK
    broad, thick = _breadth(person)
    neck, trunk = _shoulders(person, u, v)
    clothes, where = _dress(rng, thick, u, v)
    dressed = trunk * where
    relief = 0.9 * np.sqrt(np.clip(1.15 - (np.abs(u) / (broad * 1.45)) ** 2.4, 0.02, None)) * trunk
    relief += dressed * (0.06 + 0.05 * texture(rng, (u.shape[0], u.shape[1]), (40, 70)))
    relief += (1 - trunk) * 0.9 * np.sqrt(np.clip(1 - (u / (thick * 1.25)) ** 2, 0.0, None))
    relief -= 0.12 * blob(u, v, (0.0, 2.5), (0.10, 0.09))
    colour = mix(np.array(person.skin, np.float32) * 0.93, clothes, dressed).astype(np.float32)
    lit = shade(colour, cv2.GaussianBlur(relief.astype(np.float32), (0, 0), 3), light, 0.25 * (1 - dressed))
    shadow = 0.55 * np.exp(-((np.clip(v - 1.5, 0, None) / 0.5) ** 2)) * step(1.1 - np.abs(u), 0.5)  # below the chin
    alpha = np.clip(np.maximum(neck, trunk), 0, 1)
    return np.dstack([lit * ((1.0 - shadow) * alpha)[..., None], alpha]).astype(np.float32)


def body_pixels(points: Array) -> Array:
    """Points (N, 2) in eye distances as pixels of the layer that `body` draws."""
    across = to_pixels(np.stack([points[:, 0] / SPREAD, np.zeros(len(points))], axis=-1))[:, 0]
    return np.stack([across, (points[:, 1] - NECK) / TALL * (grid()[0].shape[0] - 1)], axis=-1)
