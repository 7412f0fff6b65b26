"""Compress again as JPEG, as every upload does."""

from typing import Annotated

import numpy as np
import torch
from torchvision.transforms.v2 import functional

from unmask.params import Section
from unmask.train.ranges import Probability, span


class Settings(Section):
    """How often, and with which quality (1 to 100)."""

    p: Probability
    quality: Annotated[tuple[float, float], span(1, 100)]


def apply(image: torch.Tensor, settings: Settings, rng: np.random.Generator) -> torch.Tensor:
    """Compress an image (3, height, width), uint8."""
    low, high = settings.quality
    changed: torch.Tensor = functional.jpeg(image, round(rng.uniform(low, high)))
    return changed
