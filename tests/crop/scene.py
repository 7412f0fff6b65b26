"""A picture in which near pixels are alike, as in a photograph."""

from typing import Any

import cv2
import numpy as np


def scene(seed: int, size: int = 128) -> Any:
    """Draw soft blobs, so that near pixels are alike as in a photograph."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((size, size, 3)).astype(np.float32)
    soft = np.sum([cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (2, 6, 18)], axis=0)
    return np.clip(128 + 60 * soft / soft.std(), 0, 255).astype(np.uint8)
