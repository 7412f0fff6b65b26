"""Add noise of one strength everywhere, each colour by itself."""

from typing import Annotated

import numpy as np

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.normal import normal
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and how much.

    Attributes:
        sigma: Standard deviation in levels of 255.
    """

    sigma: Annotated[Range, span(0, 128)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: a strength, and a seed of the noise, so that pictures which change alike get the same."""
    sigma, seed = np.float32(rng.uniform(*settings.sigma)), int(rng.integers(2**63))

    def apply(pixels: Pixels) -> Pixels:
        noisy = pixels + sigma * normal(pixels.shape, seed)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)

    return Change(on_pixels(apply))
