"""Mirror left and right."""

import numpy as np
from torchvision.transforms.v2 import functional

from unmask.augment.change import Change, Size
from unmask.augment.settings import Operation


class Settings(Operation):
    """How often."""


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: there are none beyond the probability."""
    return Change(functional.horizontal_flip, np.array([[-1.0, 0, size[1] - 1], [0, 1, 0]]))
