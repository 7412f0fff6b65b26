"""Turn, scale and shift about the centre in one step, so that pixels are read between their places only once."""

from typing import Annotated, Literal

import numpy as np

from unmask.augment.change import Change, Size, about_centre, turned, warped
from unmask.augment.settings import Operation, Range, span


class Settings(Operation):
    """How often, how far, and what is shown where the picture does not reach.

    Attributes:
        degrees: Positive is counter-clockwise.
        scale: Factor on sizes; above 1 the face grows.
        shift: Share of the side, drawn for each direction by itself; positive goes right and down.
        border: Black, the outermost pixel again, or the mirror image.
    """

    degrees: Annotated[Range, span(-180, 180)]
    scale: Annotated[Range, span(0.5, 2)]
    shift: Annotated[Range, span(-0.5, 0.5)]
    border: Literal["black", "replicate", "reflect"]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: angle, scale, shift to the right and down."""
    angle, scale = rng.uniform(*settings.degrees), rng.uniform(*settings.scale)
    shift = np.array([rng.uniform(*settings.shift), rng.uniform(*settings.shift)])
    matrix = about_centre(scale * turned(angle), size)
    matrix[:, 2] += shift * size[::-1]
    return Change(warped(matrix, border=settings.border), matrix)
