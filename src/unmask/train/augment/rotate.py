"""Turn about the centre; what comes in at the corners is black."""

from typing import Annotated

import numpy as np
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from unmask.params import Section
from unmask.train.ranges import Probability, span


class Settings(Section):
    """How often, and by how many degrees (positive is counter-clockwise)."""

    p: Probability
    degrees: Annotated[tuple[float, float], span(-180, 180)]


def apply(image: torch.Tensor, settings: Settings, rng: np.random.Generator) -> torch.Tensor:
    """Turn an image (3, height, width), uint8."""
    changed: torch.Tensor = functional.rotate(
        image, rng.uniform(*settings.degrees), interpolation=InterpolationMode.BILINEAR
    )
    return changed
