"""Alignment: the one function that cuts a face out of a picture, for training and for serving."""

from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from unmask.crop.params import Alignment
from unmask.crop.similarity import Matrix, scale_of, similarity

Image = NDArray[np.uint8]

# Left eye, right eye, nose and corners of the mouth as ArcFace places them in 112 x 112 pixels (Deng et al., ArcFace,
# 2019), as shares of the sides; in that picture the first pixel's centre is (0, 0).
TEMPLATE = (
    np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]) + 0.5
) / 112

KERNELS = {
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_LINEAR,
    "lanczos": cv2.INTER_LANCZOS4,
}
BORDERS = {"black": cv2.BORDER_CONSTANT, "replicate": cv2.BORDER_REPLICATE, "reflect": cv2.BORDER_REFLECT_101}


def align(image: Image, landmarks: ArrayLike | None, options: Alignment) -> Image:
    """Turn, scale and shift a picture so that a face lies on the template, and cut the square out.

    What lies outside the picture is black, repeats its edge, or mirrors it (the outermost pixel stands once). A
    strongly shrunk face is averaged, not skipped through: each pixel of the crop is the mean of as many equally spaced
    samples a side as it spans whole pixels of the picture; with `area`, of as many as it touches, so that any shrinking
    averages.

    A picture that came cropped to a face has no landmarks: it is resized as a whole, by averaging areas where it
    shrinks; one that has the size already stays as it is, and margin and border play no part.

    Args:
        image: Height x width x 3, any order of channels, which the crop keeps.
        landmarks: 5 x 2: left eye, right eye, nose, mouth left, mouth right; (0, 0) is the first pixel's centre;
            None for a picture that came cropped.
        options: Size, margin, interpolation and border.

    Returns:
        Size x size x 3.

    Raises:
        ValueError: All landmarks coincide.
    """
    if landmarks is None:
        kernel = cv2.INTER_AREA if max(image.shape[:2]) > options.size else KERNELS[options.interpolation]
        return np.asarray(cv2.resize(image, (options.size, options.size), interpolation=kernel), dtype=np.uint8)
    matrix = transform(landmarks, options)
    span = 1 / scale_of(matrix)
    samples = max(ceil(span - 1e-6) if options.interpolation == "area" else floor(span + 1e-6), 1)
    # Sample centres of the finer grid: x' + 0.5 = samples * (x + 0.5).
    fine = matrix * samples
    fine[:, 2] += (samples - 1) / 2
    side = options.size * samples
    kernel, border = KERNELS[options.interpolation], BORDERS[options.border]
    warped = cv2.warpAffine(image, fine, (side, side), flags=kernel, borderMode=border)
    if samples > 1:
        warped = cv2.resize(warped, (options.size, options.size), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, dtype=np.uint8)


def in_crop(landmarks: ArrayLike, options: Alignment) -> NDArray[np.float64]:
    """Give the places that the five landmarks of a frame have in the crop that `align` cuts with them.

    Args:
        landmarks: 5 x 2, pixels of the frame.
        options: Size and margin.

    Returns:
        5 x 2, pixels of the crop; (0, 0) is the first pixel's centre.
    """
    matrix = transform(landmarks, options)
    return np.asarray(landmarks, dtype=np.float64) @ matrix[:, :2].T + matrix[:, 2]


def transform(landmarks: ArrayLike, options: Alignment) -> Matrix:
    """Give the 2 x 3 matrix that takes places in the picture to places in the crop."""
    return similarity(landmarks, template(options))


def template(options: Alignment) -> NDArray[np.float64]:
    """Give the five places, in pixels of the crop, that the landmarks are fitted to.

    Example:
        >>> template(Alignment(size=112, margin=1.0, interpolation="linear", border="black"))[0]
        array([38.2946, 51.6963])
    """
    places: NDArray[np.float64] = ((TEMPLATE - 0.5) / options.margin + 0.5) * options.size - 0.5
    return places
