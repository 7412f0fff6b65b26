"""How the copy that is put in moves: a small shift and a scale about the picture's middle, of pixels and of points."""

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.sbi.landmarks import Points
from unmask.sbi.part import Warp

Image = NDArray[np.uint8]


def draw(size: tuple[int, int], settings: Warp, random: np.random.Generator) -> Points:
    """Draw a shift and a scale.

    Args:
        size: Height and width of the picture.
        settings: How far it moves, and its scale.
        random: What is drawn from.

    Returns:
        2 x 3 matrix that takes old places to new ones.
    """
    height, width = size
    scale = random.uniform(*settings.scale)
    middle = np.array([width - 1, height - 1]) / 2
    by = random.uniform([-settings.x, -settings.y], [settings.x, settings.y]) * [width, height]
    return np.column_stack([scale * np.eye(2), (1 - scale) * middle + by])


def move(image: Image, matrix: Points) -> Image:
    """Move a picture; what comes in at the edges is its mirror image, not black, which would be a trace of its own."""
    height, width = image.shape[:2]
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(moved, dtype=np.uint8)


def move_points(points: Points, matrix: Points) -> Points:
    """Move points, n x 2, as the picture that they lie in."""
    return points @ matrix[:, :2].T + matrix[:, 2]
