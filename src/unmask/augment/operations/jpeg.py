"""Compress again as JPEG, as every upload does."""

from typing import Annotated, Literal

import cv2
import numpy as np
from pydantic import Field

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.settings import Operation, Range, pick, span

SAMPLING = {
    420: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    422: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    444: cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
}


class Settings(Operation):
    """How often, and how.

    Attributes:
        quality: As libjpeg counts, rounded to a whole number.
        subsampling: One of these is drawn: colours at half the width and height (420), half the width (422) or in full.
    """

    quality: Annotated[Range, span(1, 100)]
    subsampling: Annotated[tuple[Literal[420, 422, 444], ...], Field(min_length=1)]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: quality, then subsampling."""
    quality, sampling = round(rng.uniform(*settings.quality)), SAMPLING[pick(settings.subsampling, rng)]
    options = (cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling)

    def apply(pixels: Pixels) -> Pixels:
        data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)

    return Change(on_pixels(apply))
