"""Change brightness, contrast, saturation and hue, in this order."""

from typing import Annotated

import numpy as np
from torchvision.transforms.v2 import functional

from unmask.augment.change import Change, Image, Size
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and how much.

    Attributes:
        brightness: Factor; 1 changes nothing.
        contrast: Factor on the distance from the mean grey.
        saturation: Factor on the distance from grey.
        hue: Share of the colour circle; 0 changes nothing.
    """

    brightness: Annotated[Range, span(0, 4)]
    contrast: Annotated[Range, span(0, 4)]
    saturation: Annotated[Range, span(0, 4)]
    hue: Annotated[Range, span(-0.5, 0.5)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: three factors and a turn of the hue."""
    brightness, contrast = rng.uniform(*settings.brightness), rng.uniform(*settings.contrast)
    saturation, hue = rng.uniform(*settings.saturation), rng.uniform(*settings.hue)

    def apply(image: Image) -> Image:
        image = functional.adjust_brightness(image, brightness)
        image = functional.adjust_contrast(image, contrast)
        image = functional.adjust_saturation(image, saturation)
        # The way through HSV costs several times the rest; it is spared where it changes nothing.
        return functional.adjust_hue(image, hue) if hue else image

    return Change(apply)
