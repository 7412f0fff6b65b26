"""Blur with a Gaussian."""

import math
from typing import Annotated

import numpy as np
import torch
from torchvision.transforms.v2 import functional

from unmask.params import Section
from unmask.train.ranges import Probability, span


class Settings(Section):
    """How often, and with which standard deviation in pixels of the crop."""

    p: Probability
    sigma: Annotated[tuple[float, float], span(0.05, 20)]


def apply(image: torch.Tensor, settings: Settings, rng: np.random.Generator) -> torch.Tensor:
    """Blur an image (3, height, width), uint8."""
    sigma = rng.uniform(*settings.sigma)
    side = 2 * math.ceil(2 * sigma) + 1  # two deviations on either side hold 95 % of the weight
    changed: torch.Tensor = functional.gaussian_blur(image, [side, side], [sigma, sigma])
    return changed
