"""Puts pictures into their place in a batch, copied once."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray


def put(pictures: Sequence[NDArray[np.uint8]], place: NDArray[np.uint8]) -> None:
    """Put what a crop shows into a batch.

    Args:
        pictures: Of the crop, (3, height, width).
        place: Gets them, (pictures, 3, height, width).
    """
    for picture, into in zip(pictures, place, strict=True):
        if (decoded := picture.transpose(1, 2, 0)).flags.c_contiguous:
            split_colours(decoded, into)
        else:
            np.copyto(into, picture)


def split_colours(decoded: NDArray[np.uint8], place: NDArray[np.uint8]) -> None:
    """Put a picture whose colours stand side by side, as a decoder leaves it, into a batch.

    OpenCV takes the colours apart far faster than NumPy.

    Args:
        decoded: Shape (height, width, 3), contiguous.
        place: Gets it, (3, height, width).
    """
    cv2.split(decoded, list(place))  # into the place
