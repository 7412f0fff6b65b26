"""Blur along a line, as a camera or a head that moves while the shutter is open."""

from typing import Annotated

import cv2
import numpy as np

from unmask.augment.change import Change, Floats, Pixels, Size, on_pixels
from unmask.augment.settings import Operation, Range, span

# Samples of the line for each pixel of its length.
FINE = 8


class Settings(Operation):
    """How often, how far and where to.

    Attributes:
        length: Of the line, in pixels of the crop.
        degrees: Its direction; 0 is level, positive is counter-clockwise.
    """

    length: Annotated[Range, span(0, 64)]
    degrees: Annotated[Range, span(-180, 180)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: length and direction."""
    weights = kernel(rng.uniform(*settings.length), rng.uniform(*settings.degrees))

    def apply(pixels: Pixels) -> Pixels:
        return np.asarray(cv2.filter2D(pixels, -1, weights, borderType=cv2.BORDER_REFLECT_101), np.uint8)

    return Change(on_pixels(apply))


def kernel(length: float, degrees: float) -> Floats:
    """Give the weights of a line about the middle pixel, each sample shared by the four pixels around it.

    Returns:
        Odd x odd, no larger than the line needs, for OpenCV takes five times as long from 11 x 11 on; they add up to 1,
        and their centre of mass is the middle, so that nothing is shifted.
    """
    half = int(np.ceil(length / 2)) + 1
    along = np.linspace(-length / 2, length / 2, max(1, round(length * FINE)) + 1)
    angle = np.radians(degrees)
    weights = np.zeros((2 * half + 1, 2 * half + 1))
    places = np.stack([-np.sin(angle) * along, np.cos(angle) * along]) + half
    floor = np.floor(places).astype(int)
    part = places - floor
    for down in (0, 1):
        for right in (0, 1):
            share = abs(1 - down - part[0]) * abs(1 - right - part[1])
            np.add.at(weights, (floor[0] + down, floor[1] + right), share)
    down, right = (int(np.abs(used - half).max()) for used in np.nonzero(weights > 1e-9))
    kept: Floats = weights[half - down : half + down + 1, half - right : half + right + 1]
    whole: Floats = kept / kept.sum()
    return whole
