"""Add a sensor's noise: more where it is bright, a part of it shared by the colours (grain), a part not (speckle).

The variance rises in a line with the signal, as photons are counted, from that of reading out (Foi et al., Practical
Poissonian-Gaussian noise modeling and fitting for single-image raw-data, IEEE TIP 2008); here on levels that have a
gamma already.
"""

from typing import Annotated

import numpy as np

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.normal import normal
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and how much.

    Attributes:
        shot: Variance, in levels of 255, that each level adds: at 0.2, white has a deviation of 7.
        read: Standard deviation of black, in levels.
        colour: Share of the variance that each colour has to itself: 0 gives grey grain.
    """

    shot: Annotated[Range, span(0, 4)]
    read: Annotated[Range, span(0, 64)]
    colour: Annotated[Range, span(0, 1)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: three strengths and a seed of the noise."""
    shot, read, colour = (np.float32(rng.uniform(*ends)) for ends in (settings.shot, settings.read, settings.colour))
    seed = int(rng.integers(2**63))

    def apply(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        drawn = normal((height, width, 4), seed)
        grain = np.sqrt(colour) * drawn[..., :3] + np.sqrt(1 - colour) * drawn[..., 3:]
        # One deviation for each of 256 levels.
        deviation = np.sqrt(shot * np.arange(256, dtype=np.float32) + read**2)
        return np.asarray(np.clip(np.rint(pixels + deviation[pixels] * grain), 0, 255), np.uint8)

    return Change(on_pixels(apply))
