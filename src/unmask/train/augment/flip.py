"""Mirror left and right."""

import numpy as np
import torch
from torchvision.transforms.v2 import functional

from unmask.params import Section
from unmask.train.ranges import Probability


class Settings(Section):
    """How often."""

    p: Probability


def apply(image: torch.Tensor, settings: Settings, rng: np.random.Generator) -> torch.Tensor:
    """Mirror an image (3, height, width), uint8."""
    changed: torch.Tensor = functional.horizontal_flip(image)
    return changed
