"""Make smaller and larger again: what a smaller upload loses."""

from typing import Annotated, Literal

import cv2
import numpy as np
import torch
from pydantic import Field
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from unmask.augment.change import Change, Image, Size, on_pixels
from unmask.augment.settings import Operation, Range, pick, span

# Like the two of SMOOTH, `area` looks at all of the picture that a smaller pixel covers, and on the way up draws
# straight lines; `linear` and `nearest` skip, as careless tools do.
SMOOTH = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
PLAIN = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST_EXACT}
Kernel = Literal["bilinear", "bicubic", "area", "linear", "nearest"]


class Settings(Operation):
    """How often, how small, and how.

    Attributes:
        factor: Side of the small picture, as a share of the side.
        interpolations: One of these is drawn for the way down, and one for the way up.
    """

    factor: Annotated[Range, span(0.05, 1)]
    interpolations: Annotated[tuple[Kernel, ...], Field(min_length=1)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: the factor, then the two ways."""
    factor = rng.uniform(*settings.factor)
    down, up = pick(settings.interpolations, rng), pick(settings.interpolations, rng)
    small = (max(1, round(size[0] * factor)), max(1, round(size[1] * factor)))
    return Change(lambda image: _resized(_resized(image, small, down), size, up))


def _resized(image: Image, size: Size, kernel: Kernel) -> Image:
    if kernel in SMOOTH:
        smooth: torch.Tensor = functional.resize(image, list(size), interpolation=SMOOTH[kernel], antialias=True)
        return smooth
    way = "linear" if kernel == "area" and size[0] > image.shape[-2] else kernel
    resize = on_pixels(lambda pixels: np.asarray(cv2.resize(pixels, size[::-1], interpolation=PLAIN[way]), np.uint8))
    return resize(image)
