"""Shift red, green and blue, each by itself, as another camera's white balance does."""

from typing import Annotated

import cv2
import numpy as np

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and how far.

    Attributes:
        shift: Levels of 255, drawn for each colour by itself.
    """

    shift: Annotated[Range, span(-255, 255)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: three shifts."""
    shifts = rng.uniform(*settings.shift, size=3)
    levels = np.arange(256)[:, None] + shifts
    table = np.clip(np.rint(levels), 0, 255).astype(np.uint8)[None]

    def apply(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.LUT(pixels, table), np.uint8)

    return Change(on_pixels(apply))
