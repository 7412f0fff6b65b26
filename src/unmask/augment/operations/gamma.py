"""Bend the curve of brightness: a level v of 0 to 1 becomes v ** gamma."""

from typing import Annotated

import cv2
import numpy as np

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and how much.

    Attributes:
        gamma: Exponent; below 1 the picture gets brighter.
    """

    gamma: Annotated[Range, span(0.1, 10)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: an exponent."""
    levels = 255 * (np.arange(256) / 255) ** rng.uniform(*settings.gamma)
    table = np.rint(levels).astype(np.uint8)

    def apply(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.LUT(pixels, table), np.uint8)

    return Change(on_pixels(apply))
