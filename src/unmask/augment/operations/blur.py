"""Blur with a Gaussian."""

import math
from functools import partial
from typing import Annotated

import numpy as np
from torchvision.transforms.v2 import functional

from unmask.augment.change import Change, Size
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and how much.

    Attributes:
        sigma: Standard deviation in pixels of the crop.
    """

    sigma: Annotated[Range, span(0.05, 20)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: a standard deviation."""
    sigma = rng.uniform(*settings.sigma)
    # Two deviations on either side hold 95 % of the weight; a small picture's mirror image reaches less far.
    side = 2 * min(math.ceil(2 * sigma), min(size) - 1) + 1
    return Change(partial(functional.gaussian_blur, kernel_size=[side, side], sigma=[sigma, sigma]))
