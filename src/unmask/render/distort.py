"""The distortions of DeeperForensics-1.0: seven kinds at five levels, drawn by seed and laid over finished frames.

Kinds, levels and numbers are those of the authors' page
(https://github.com/EndlessSora/DeeperForensics-1.0/tree/master/perturbation).
"""

import re
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from unmask.render.draw.canvas import Array

Distortion = tuple[str, int]  # kind and level 1..5

LEVELS: dict[str, tuple[float, ...]] = {
    "CS": (0.4, 0.3, 0.2, 0.1, 0.0),  # what is left of the colour
    "CC": (0.85, 0.725, 0.6, 0.475, 0.35),  # what is left of the contrast
    "BW": (16, 32, 48, 64, 80),  # grey blocks in each frame of 256 pixels
    "GNC": (0.001, 0.002, 0.005, 0.01, 0.05),  # variance of white noise in the colour components, of 0..1
    "GB": (7, 9, 13, 17, 21),  # pixels of the blur's kernel
    "JPEG": (2, 3, 4, 5, 6),  # factor of the resolution that is lost
    "VC": (30, 32, 35, 38, 40),  # H.264's constant rate factor
}
BLOCK = 8


def choose(rng: np.random.Generator, variant: str) -> list[Distortion]:
    """Draws the distortions of one video, in the order in which they are laid on.

    Args:
        rng: the video's generator.
        variant: `end_to_end_level_<1..5>`, `end_to_end_random_level` or `end_to_end_mix_<2..4>_distortions`.
    """
    mixed = re.fullmatch(r"end_to_end_mix_(\d)_distortions", variant)
    kinds = rng.permutation(list(LEVELS))[: int(mixed[1]) if mixed else 1]
    fixed = re.fullmatch(r"end_to_end_level_(\d)", variant)
    return [(str(kind), int(fixed[1]) if fixed else int(rng.integers(1, 6))) for kind in kinds]


def rate_factor(distortions: Sequence[Distortion], usual: int) -> int:
    """The rate factor with which the distorted video is encoded."""
    return max([usual, *(int(LEVELS[kind][level - 1]) for kind, level in distortions if kind == "VC")])


def distort(rng: np.random.Generator, frames: Array, distortions: Sequence[Distortion]) -> Array:
    """Lays distortions over frames (N, H, W, 3) uint8; that of the encoder is left to it."""
    for kind, level in distortions:
        if kind in PIXELS:
            frames = np.stack([PIXELS[kind](rng, frame, LEVELS[kind][level - 1]) for frame in frames])
    return frames


def _in_components(frame: Array, change: Callable[[Array], Array]) -> Array:
    """Changes a frame's luma and two colour differences, float32 of 0..1."""
    parts = cv2.cvtColor(frame.astype(np.float32) / 255.0, cv2.COLOR_RGB2YCrCb)
    return _bytes(cv2.cvtColor(change(parts).astype(np.float32), cv2.COLOR_YCrCb2RGB) * 255.0)


def _bytes(frame: Array) -> Array:
    packed: Array = np.clip(np.rint(frame), 0, 255).astype(np.uint8)
    return packed


def _saturation(_: np.random.Generator, frame: Array, left: float) -> Array:
    return _in_components(frame, lambda parts: (parts - [0, 0.5, 0.5]) * [1.0, left, left] + [0, 0.5, 0.5])


def _contrast(_: np.random.Generator, frame: Array, left: float) -> Array:
    return _bytes(frame * left)


def _blocks(rng: np.random.Generator, frame: Array, count: float) -> Array:
    out = frame.copy()
    height, width = frame.shape[:2]
    for _ in range(round(count * min(height, width) / 256)):
        top, left = int(rng.integers(height - BLOCK)), int(rng.integers(width - BLOCK))
        out[top : top + BLOCK, left : left + BLOCK] = 128
    return out


def _noise(rng: np.random.Generator, frame: Array, variance: float) -> Array:
    return _in_components(frame, lambda parts: parts + np.sqrt(variance) * rng.standard_normal(parts.shape))


def _blur(_: np.random.Generator, frame: Array, kernel: float) -> Array:
    return cv2.GaussianBlur(frame, (int(kernel), int(kernel)), kernel / 6)


def _resolution(_: np.random.Generator, frame: Array, factor: float) -> Array:
    height, width = frame.shape[:2]
    small = cv2.resize(frame, (int(width / factor), int(height / factor)))
    return cv2.resize(small, (width, height))


PIXELS: dict[str, Callable[[np.random.Generator, Array, float], Array]] = {
    "CS": _saturation, "CC": _contrast, "BW": _blocks, "GNC": _noise, "GB": _blur, "JPEG": _resolution,
}  # fmt: skip
