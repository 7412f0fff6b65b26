"""Take the colours away: all three channels become the luma of ITU-R BT.601."""

import cv2
import numpy as np

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.settings import Operation


class Settings(Operation):
    """How often."""


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: there are none beyond the probability."""
    return Change(on_pixels(_grey))


def _grey(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
