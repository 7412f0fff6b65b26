"""What a crop looks like in two numbers: how sharp it is, and a hash that survives another encoding.

The hash is the classic one of the discrete cosine transform (Zauner, Implementation and Benchmarking of Perceptual
Image Hash Functions, 2010), with 16 x 16 bits instead of 8 x 8: aligned faces resemble each other, and with 64 bits
different people come closer than one video and its copy. Measured in docs/audit.md.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

# The crop is averaged to PATCH x PATCH pixels; of its frequencies the lowest ROWS x ROWS are kept, a bit each.
PATCH, ROWS = 64, 16


def sharpness(crop: Image) -> float:
    """Give the variance of the Laplacian of the grey crop.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.

    Args:
        crop: Size x size x 3, RGB.

    Returns:
        Levels of 255 squared, 0 for a flat picture; it falls with blur, strong compression and enlarging.

    Example:
        >>> sharpness(np.full((16, 16, 3), 90, np.uint8))
        0.0
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    return float(np.var(cv2.Laplacian(grey, cv2.CV_16S).astype(np.float64)))


def phash(crop: Image) -> bytes:
    """Hash a crop such that pictures of nearly the same content differ in few bits.

    Args:
        crop: Size x size x 3, RGB.

    Returns:
        256 bits: whether each of the lowest frequencies, by rows, lies above their median.

    Example:
        >>> ramp = np.repeat(np.arange(128, dtype=np.uint8)[None, :, None], 128, 0).repeat(3, 2)
        >>> len(phash(ramp)), phash(ramp) == phash(ramp // 2 + 60)
        (32, True)
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    low = cv2.dct(cv2.resize(grey, (PATCH, PATCH), interpolation=cv2.INTER_AREA))[:ROWS, :ROWS].ravel()
    return np.packbits(low > np.median(low)).tobytes()
