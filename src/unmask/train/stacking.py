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
        # The colours of a decoded picture stand side by side; OpenCV takes them apart far faster than NumPy.
        if (decoded := picture.transpose(1, 2, 0)).flags.c_contiguous:
            cv2.split(decoded, list(into))  # into the place
        else:
            np.copyto(into, picture)
