"""Turn about the centre; what comes in at the corners is black."""

from functools import partial
from typing import Annotated

import numpy as np
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from unmask.augment.change import Change, Size, about_centre, turned
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, and by how many degrees.

    Attributes:
        degrees: Positive is counter-clockwise.
    """

    degrees: Annotated[Range, span(-180, 180)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: an angle."""
    angle = rng.uniform(*settings.degrees)
    turn = partial(functional.rotate, angle=angle, interpolation=InterpolationMode.BILINEAR)
    return Change(turn, about_centre(turned(angle), size))
