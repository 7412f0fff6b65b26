"""The camera: colour cast, contrast, softness and noise that a clip gets before it is encoded."""

from dataclasses import dataclass

import cv2
import numpy as np

from unmask.render.draw.canvas import Array
from unmask.render.draw.light import Light
from unmask.render.params import Scene

NOISE_SPARE = 64  # the noise tile is this much larger than the frame, so that each frame gets another piece


@dataclass(frozen=True)
class Camera:
    """One clip's camera: a lookup per channel (256, 3), lens blur in pixels, and a tile of noise (H, W, 3)."""

    curve: Array
    softness: float
    tile: Array


def choose_light(rng: np.random.Generator, scene: Scene) -> Light:
    """Draws the light of one clip from the corpus' ranges."""
    key = rng.uniform(*scene.key_light)
    return Light(
        side=float(rng.choice([-1.0, 1.0]) * rng.uniform(0.1, scene.light_side)),
        height=float(rng.uniform(0.15, 0.8)),
        key=float(key),
        fill=float(rng.uniform(0.10, 0.25)),
        sky=float(rng.uniform(*scene.sky_light)),
        warmth=float(rng.uniform(-0.04, 0.10)),
    )


def choose_camera(rng: np.random.Generator, scene: Scene, size: tuple[int, int]) -> Camera:
    """Draws the camera of one clip for frames of `size` = (width, height)."""
    levels = np.linspace(0.0, 1.0, 256)[:, None]
    cast = 1.0 + rng.normal(0.0, scene.colour_cast, 3)
    contrast = rng.uniform(0.9, 1.12)
    curve = np.clip(((levels * cast) ** rng.uniform(0.88, 1.12) - 0.45) * contrast + 0.45, 0.0, 1.0)
    shape = (size[1] + NOISE_SPARE, size[0] + NOISE_SPARE)
    grey = rng.standard_normal(shape, dtype=np.float32)[..., None]
    colour = rng.standard_normal((*shape, 3), dtype=np.float32)
    grain = cv2.GaussianBlur(0.8 * grey + 0.6 * colour, (0, 0), scene.grain)
    tile = grain / grain.std() * rng.uniform(*scene.noise)
    packed = (curve * 255.0 + 0.5).astype(np.uint8)
    return Camera(packed, float(rng.uniform(*scene.softness)), np.clip(np.rint(tile), -60, 60).astype(np.int16))


def shoot(rng: np.random.Generator, camera: Camera, frame: Array) -> Array:
    """Passes one frame (H, W, 3) uint8 through the camera."""
    height, width = frame.shape[:2]
    curved = cv2.LUT(frame, camera.curve[None])
    if camera.softness > 0.3:
        curved = cv2.GaussianBlur(curved, (0, 0), camera.softness)
    top, left = (int(offset) for offset in rng.integers(0, NOISE_SPARE, 2))
    noise = camera.tile[top : top + height, left : left + width]
    return np.clip(curved + noise, 0, 255).astype(np.uint8)
