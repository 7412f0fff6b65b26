"""What an operation does once its dice are thrown, to a crop, to places in it and to masks that belong to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

# (3, height, width), RGB, uint8.
Image = torch.Tensor
# Height x width x 3, RGB, uint8.
Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
# Height and width.
Size = tuple[int, int]

KERNELS = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}
BORDERS = {
    "black": cv2.BORDER_CONSTANT,
    "replicate": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT_101,
}
IDENTITY: Floats = np.eye(2, 3)


@dataclass(frozen=True)
class Change:
    """One operation, the same for every picture of one size that it is applied to.

    Attributes:
        apply: Takes a picture to a new one of the same shape.
        matrix: 2 x 3: takes a place in the picture to where its pixel goes; (0, 0) is the first pixel's centre. None
            where all stays in its place.
    """

    apply: Callable[[Image], Image]
    matrix: Floats | None = None


@dataclass(frozen=True)
class Changes:
    """Several operations, one after another."""

    steps: Sequence[Change]

    def __call__(self, image: Image) -> Image:
        """Change a picture (3, height, width), uint8; what is given stays as it is."""
        for step in self.steps:
            image = step.apply(image)
        return image

    @property
    def matrix(self) -> Floats:
        """Give the 2 x 3 matrix that takes a place in the first picture to its place in the last."""
        whole = IDENTITY
        for step in self.steps:
            whole = whole if step.matrix is None else after(whole, step.matrix)
        return whole

    @property
    def mirrored(self) -> bool:
        """Tell whether left and right have changed, so that landmarks named by them must change names."""
        return bool(np.linalg.det(self.matrix[:, :2]) < 0)

    def points(self, places: ArrayLike) -> Floats:
        """Take places along.

        Args:
            places: [..., 2], x and y; (0, 0) is the first pixel's centre.

        Returns:
            [..., 2]: where they are after the change, perhaps outside the picture.
        """
        matrix = self.matrix
        moved: Floats = np.asarray(places, np.float64) @ matrix[:, :2].T + matrix[:, 2]
        return moved

    def mask(self, mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take a mask along.

        Args:
            mask: Height x width, float32.

        Returns:
            The same shape, read between pixels in straight lines; 0 where it shows what lay outside.
        """
        height, width = mask.shape
        return np.asarray(cv2.warpAffine(mask, self.matrix, (width, height), flags=cv2.INTER_LINEAR), np.float32)


def after(first: Floats, second: Floats) -> Floats:
    """Join two 2 x 3 matrices, of which the second acts on what the first gave."""
    joined: Floats = second @ np.vstack([first, [0, 0, 1]])
    return joined


def about_centre(linear: ArrayLike, size: Size) -> Floats:
    """Give the 2 x 3 matrix of a 2 x 2 one that leaves the picture's centre where it is."""
    matrix = np.asarray(linear, np.float64)
    centre = (np.array(size[::-1]) - 1) / 2
    return np.column_stack([matrix, centre - matrix @ centre])


def on_pixels(function: Callable[[Pixels], Pixels]) -> Callable[[Image], Image]:
    """Let a function on arrays of height x width x 3 change tensors (3, height, width); it must return a new array."""

    def apply(image: Image) -> Image:
        pixels: Pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
        return torch.from_numpy(function(pixels)).permute(2, 0, 1)

    return apply


def turned(degrees: float) -> Floats:
    """Give the 2 x 2 matrix that turns counter-clockwise as seen, in pictures whose y points down."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.array([[cosine, sine], [-sine, cosine]])


def warped(matrix: Floats, kernel: str = "linear", border: str = "black") -> Callable[[Image], Image]:
    """Give the function that moves pixels by a 2 x 3 matrix, as `unmask.crop` reads frames.

    Args:
        matrix: Takes a place to its new place.
        kernel: Which reads between pixels: linear or cubic.
        border: What is shown where the picture does not reach: black, replicate or reflect.
    """

    def apply(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        moved = cv2.warpAffine(pixels, matrix, (width, height), flags=KERNELS[kernel], borderMode=BORDERS[border])
        return np.asarray(moved, np.uint8)

    return on_pixels(apply)
