"""Make smaller and larger again: what a smaller upload loses."""

from typing import Annotated

import numpy as np
import torch
from torchvision.transforms.v2 import functional

from unmask.params import Section
from unmask.train.ranges import Probability, span


class Settings(Section):
    """How often, and to which share of the side."""

    p: Probability
    factor: Annotated[tuple[float, float], span(0.05, 1)]


def apply(image: torch.Tensor, settings: Settings, rng: np.random.Generator) -> torch.Tensor:
    """Take the detail out of an image (3, height, width), uint8."""
    height, width = image.shape[-2:]
    factor = rng.uniform(*settings.factor)
    small = [max(1, round(height * factor)), max(1, round(width * factor))]
    changed: torch.Tensor = functional.resize(
        functional.resize(image, small, antialias=True), [height, width], antialias=True
    )
    return changed
