"""How one of the two copies of a face is changed, so that there is something to tell at the seam.

The four steps and their published ranges are those of the paper's implementation: colours shifted, hue, saturation and
value moved, brightness and contrast changed, and detail either lost or sharpened.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.sbi.part import Detail, Hsv, Light, Sharpen, Shift, Transform

Image = NDArray[np.uint8]
Random = np.random.Generator

LEVELS = np.arange(256.0)


def change(image: Image, settings: Transform, random: Random) -> Image:
    """Change colours and detail of a picture, each step with its probability.

    Args:
        image: Height x width x 3, RGB; stays as it is.
        settings: Probabilities and ranges.
        random: What is drawn from.

    Returns:
        A picture of the same size.
    """
    if random.random() < settings.shift.p:
        image = shift(image, settings.shift, random)
    if random.random() < settings.hsv.p:
        image = hsv(image, settings.hsv, random)
    if random.random() < settings.light.p:
        image = light(image, settings.light, random)
    if random.random() < settings.detail.p:
        image = detail(image, settings.detail, random)
    return image


def shift(image: Image, settings: Shift, random: Random) -> Image:
    """Move red, green and blue by some levels each."""
    by = random.uniform(-settings.levels, settings.levels, 3)
    return _look_up(image, LEVELS[:, None] + by)


def hsv(image: Image, settings: Hsv, random: Random) -> Image:
    """Move hue, saturation and value; the way there and back rounds colours a little, also where nothing moves."""
    ends = np.array([settings.hue, settings.saturation, settings.value])
    moved = LEVELS[:, None] + random.uniform(-ends, ends)
    moved[:, 0] = np.rint(moved[:, 0]) % 180
    there = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2HSV), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(_look_up(there, moved), cv2.COLOR_HSV2RGB), dtype=np.uint8)


def light(image: Image, settings: Light, random: Random) -> Image:
    """Multiply by a contrast and add a brightness."""
    brightness = 255 * random.uniform(-settings.brightness, settings.brightness)
    contrast = 1 + random.uniform(-settings.contrast, settings.contrast)
    return np.asarray(cv2.LUT(image, _bytes(LEVELS * contrast + brightness)), dtype=np.uint8)


def detail(image: Image, settings: Detail, random: Random) -> Image:
    """Lose detail, as a face that a network made smaller than the picture it is put in; or sharpen."""
    if random.random() < 0.5:
        return downscale(image, settings.downscale[int(random.integers(len(settings.downscale)))])
    return sharpen(image, settings.sharpen, random)


def downscale(image: Image, factor: int) -> Image:
    """Make a picture smaller by averaging, and as large as it was by linear interpolation."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // factor), max(1, height // factor)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def sharpen(image: Image, settings: Sharpen, random: Random) -> Image:
    """Mix in the picture less its Laplacian over all eight neighbours, made darker or lighter."""
    alpha, lightness = random.uniform(*settings.alpha), random.uniform(*settings.lightness)
    kernel = np.full((3, 3), -alpha)
    kernel[1, 1] = 1 - alpha + alpha * (8 + lightness)
    return np.asarray(cv2.filter2D(image, -1, kernel), dtype=np.uint8)


def _look_up(image: Image, table: NDArray[np.float64]) -> Image:
    """Replace the levels of each channel; `table` is 256 x 3."""
    return np.asarray(cv2.LUT(image, _bytes(table)[:, None, :]), dtype=np.uint8)


def _bytes(levels: NDArray[np.float64]) -> Image:
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
