"""Change brightness, contrast, saturation and hue, in this order."""

from typing import Annotated

import numpy as np
import torch
from torchvision.transforms.v2 import functional

from unmask.params import Section
from unmask.train.ranges import Probability, span


class Settings(Section):
    """How often; factors of which 1 changes nothing; hue as a share of the colour circle of which 0 changes nothing."""

    p: Probability
    brightness: Annotated[tuple[float, float], span(0, 4)]
    contrast: Annotated[tuple[float, float], span(0, 4)]
    saturation: Annotated[tuple[float, float], span(0, 4)]
    hue: Annotated[tuple[float, float], span(-0.5, 0.5)]


def apply(image: torch.Tensor, settings: Settings, rng: np.random.Generator) -> torch.Tensor:
    """Change the colours of an image (3, height, width), uint8."""
    image = functional.adjust_brightness(image, rng.uniform(*settings.brightness))
    image = functional.adjust_contrast(image, rng.uniform(*settings.contrast))
    image = functional.adjust_saturation(image, rng.uniform(*settings.saturation))
    hue = rng.uniform(*settings.hue)
    # The way through HSV costs ten times the rest; it is spared where it changes nothing.
    return functional.adjust_hue(image, hue) if hue else image
