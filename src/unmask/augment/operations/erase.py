"""Cover a rectangle (Zhong et al., Random Erasing, 2020; DeVries and Taylor, Cutout, 2017)."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.settings import Operation, Range, pick, span

Fill = Literal["black", "mean", "noise"]


class Settings(Operation):
    """How often, how large, of which form, and by what.

    Attributes:
        area: Share of the picture; one that would not fit for its form is cut at the picture's sides.
        aspect: Width by height, drawn by its logarithm, so that 0.5 to 1 is as likely as 1 to 2.
        fills: One of these is drawn: black, the picture's mean colour, or noise of all levels alike.
    """

    area: Annotated[Range, span(0, 1)]
    aspect: Annotated[Range, span(0.05, 20)]
    fills: Annotated[tuple[Fill, ...], Field(min_length=1)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: area, form, place, what covers it, and a seed for noise."""
    area = rng.uniform(*settings.area) * size[0] * size[1]
    aspect = np.exp(rng.uniform(*np.log(settings.aspect)))
    height, width = min(size[0], round((area / aspect) ** 0.5)), min(size[1], round((area * aspect) ** 0.5))
    top, left = int(rng.integers(size[0] - height + 1)), int(rng.integers(size[1] - width + 1))
    fill, seed = pick(settings.fills, rng), int(rng.integers(2**63))

    def apply(pixels: Pixels) -> Pixels:
        changed = pixels.copy()
        part = changed[top : top + height, left : left + width]
        part[:] = _cover(fill, pixels, part.shape, seed)
        return changed

    return Change(on_pixels(apply))


def _cover(fill: Fill, pixels: Pixels, shape: tuple[int, ...], seed: int) -> Pixels:
    if fill == "noise":
        return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    colour = np.rint(pixels.mean(axis=(0, 1))) if fill == "mean" else np.zeros(3)
    return colour.astype(np.uint8)
