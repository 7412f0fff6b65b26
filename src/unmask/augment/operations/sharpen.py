"""Sharpen: add what a small blur takes away."""

from typing import Annotated

import cv2
import numpy as np

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and how much.

    Attributes:
        strength: Factor on what the mean of the 3 x 3 pixels around each lacks; 0 changes nothing.
    """

    strength: Annotated[Range, span(0, 8)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: a strength."""
    strength = rng.uniform(*settings.strength)
    kernel = np.full((3, 3), -strength / 9)
    kernel[1, 1] += 1 + strength

    def apply(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REFLECT_101), np.uint8)

    return Change(on_pixels(apply))
