"""Self-blended images: a real face and a fake made of two copies of it, both with the same history.

Shiohara and Yamasaki, Detecting Deepfakes with Self-Blended Images, CVPR 2022, written from the paper's description.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from unmask.augment.change import Changes
from unmask.errors import DataError
from unmask.sbi import hull, mask, warp
from unmask.sbi.faults import faults
from unmask.sbi.landmarks import mirrored
from unmask.sbi.part import BlendPart
from unmask.sbi.shape import shape
from unmask.sbi.transform import Image, change

Random = np.random.Generator


@dataclass(frozen=True)
class Pair:
    """A real face and its fake.

    Attributes:
        real: Height x width x 3, RGB: the target, which may have been changed in colour and detail.
        fake: The same with the source blended in; outside the mask it equals `real` to the byte.
        mask: Height x width, 0 to 1: how much of the source each pixel of the fake has.
    """

    real: Image
    fake: Image
    mask: NDArray[np.float32]


def self_blend(image: Image, landmarks: ArrayLike, settings: BlendPart, random: Random) -> Pair:
    """Make a pair of one real face.

    Args:
        image: Height x width x 3, RGB; stays as it is.
        landmarks: 5 x 2 or 68 x 2, pixels of the picture.
        settings: The recipe's section `blend`.
        random: What is drawn from; a generator in the same state gives the same bytes.

    Raises:
        DataError: `faults` finds one: the landmarks are no face in the picture.
    """
    size = (image.shape[0], image.shape[1])
    _refuse(landmarks, size)
    if random.random() < settings.flip:
        landmarks = mirrored(landmarks, image.shape[1])
        image = np.asarray(cv2.flip(image, 1), dtype=np.uint8)
    source, target = copies(image, settings, random)
    matrix = warp.draw(size, settings.warp, random)
    points = shape(landmarks)
    name = hull.draw_name(settings.hulls, random)
    weights = mask.draw(hull.parts(name, warp.move_points(points, matrix)), size, settings.mask, random)
    if not weights.any():  # a fake without a trace would be a wrong label
        weights = mask.still(points, size, settings.mask, random)
    weights *= np.float32(settings.ratios[int(random.integers(len(settings.ratios)))])
    return Pair(target, blended(warp.move(source, matrix), target, weights), weights)


def _refuse(landmarks: ArrayLike, size: tuple[int, int]) -> None:
    try:
        found = faults(np.asarray(landmarks, dtype=np.float64)[None], size)
    except ValueError as error:
        raise DataError(f"a fake cannot be blended: {error}.") from None
    for fault, there in found.items():
        if there[0]:
            raise DataError(f"a fake cannot be blended: {fault}; leave out such crops.")


def copies(image: Image, settings: BlendPart, random: Random) -> tuple[Image, Image]:
    """Give source and target: two copies of a picture, one of them changed."""
    on_source = random.random() < settings.transform.on_source
    changed = change(image, settings.transform, random)
    return (changed, image) if on_source else (image, changed)


def blended(source: Image, target: Image, weights: NDArray[np.float32]) -> Image:
    """Mix two pictures; where the weight is zero the target stays to the byte."""
    fake = target.copy()
    x, y, width, height = cv2.boundingRect((weights > 0).astype(np.uint8))
    box = (slice(y, y + height), slice(x, x + width))
    under = target[box].astype(np.float32)
    mixed = under + weights[box][..., None] * (source[box].astype(np.float32) - under)
    fake[box] = np.rint(mixed).astype(np.uint8)
    return fake


def together(pair: Pair, changes: Changes) -> tuple[torch.Tensor, torch.Tensor, NDArray[np.float32]]:
    """Change both members alike, so that nothing but the blend tells them apart.

    Args:
        pair: The pair.
        changes: What the recipe's augmentation does; its dice are thrown once, by `Policies.draw`, not once for each.

    Returns:
        Real and fake, each (3, height, width), uint8; and the mask, moved along with their pixels.
    """
    real, fake = (changes(torch.from_numpy(image).permute(2, 0, 1)) for image in (pair.real, pair.fake))
    return real, fake, changes.mask(pair.mask)
