"""Of which faces no fake can be blended, told from their landmarks alone, before any picture is read."""

import numpy as np
from numpy.typing import NDArray

from unmask.sbi.landmarks import Points, five
from unmask.sbi.shape import NO_FACE, SPREAD, likeness, model_of

OUTSIDE = "the landmarks lie outside the crop"


def faults(landmarks: Points, size: tuple[int, int]) -> dict[str, NDArray[np.bool_]]:
    """Tell which faces cannot be blended, and why; of all others `self_blend` makes a pair, whatever is drawn.

    A face lies in its crop if the middle of eyes, nose and mouth does, and none of its landmarks is further off than
    another crop beside it would reach. That holds for every face that was aligned, for its crop is cut by the middle.

    Args:
        landmarks: n x 5 x 2 or n x 68 x 2, pixels of the crop.
        size: Height and width of the crops.

    Returns:
        For every fault, in words, whether each face has it; one that is no number has both.

    Raises:
        ValueError: There are neither five nor 68 landmarks.
    """
    known, sides = model_of(landmarks.shape[1:]), np.array(size[::-1])
    middle = (landmarks if len(known) == 5 else five(landmarks)).mean(1)
    within = ((middle >= 0) & (middle <= sides - 1)).all(1)
    near = ((landmarks >= -sides) & (landmarks <= 2 * sides)).all((1, 2))
    with np.errstate(over="ignore", invalid="ignore"):
        # Twice, so that a face that is mirrored afterwards does not fall below by rounding.
        alike = likeness(known, landmarks) > 2 * SPREAD
    return {NO_FACE: ~alike, OUTSIDE: ~(within & near)}
