"""What the networks see: frames halved again and again, resized whole or in squares from the best of these.

Resizing by averaging areas takes long where the factor is no whole number (1.4 ms from 512 x 512 to 320 x 320).
Halving by averaging 2 x 2 pixels is exact and ten times faster; what remains is a factor below two, for which linear
interpolation leaves out no pixel.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from unmask.detect.detector import Floats, Image
from unmask.detect.suppression import Numbers


class Pyramid:
    """Frames of one size, and their halves, quarters and so on."""

    def __init__(self, frames: Sequence[Image], least: int) -> None:
        """Halve frames as long as both sides keep at least `least` pixels; an odd last row or column is left out."""
        self._steps = [list(frames)]
        while min(self._steps[-1][0].shape[:2]) // 2 >= least:
            self._steps.append([_half(frame) for frame in self._steps[-1]])

    def whole(self, size: tuple[int, int]) -> tuple[Image, Floats]:
        """Resize all frames; they are not to be enlarged.

        Args:
            size: Width and height.

        Returns:
            B x height x width x 3, and how many pixels of the frame one pixel of it spans, across and down.
        """
        step = max(
            number for number, (frame, *_) in enumerate(self._steps)
            if number == 0 or (frame.shape[1] >= size[0] and frame.shape[0] >= size[1])
        )  # fmt: skip
        frames = self._steps[step]
        found = np.empty((len(frames), size[1], size[0], 3), dtype=np.uint8)
        for frame, place in zip(frames, found, strict=True):
            cv2.resize(frame, size, dst=place, interpolation=cv2.INTER_LINEAR)
        height, width = frames[0].shape[:2]
        return found, np.array([width / size[0], height / size[1]], dtype=np.float32) * 2**step

    def squares(self, boxes: Floats, side: int) -> Floats:
        """Widen boxes to squares with the same centre that consist of whole pixels of the step they are cut from.

        Args:
            boxes: n x 4 edges in pixels of the frame.
            side: Side of the patch that each becomes.
        """
        wide = (boxes[:, 2:] - boxes[:, :2]).max(1, keepdims=True)
        pixel = 2.0 ** self._step(wide, side)
        sides = np.rint(wide / pixel).clip(1)
        corners = np.rint((boxes[:, :2] + boxes[:, 2:]) / (2 * pixel) - sides / 2)
        squares: Floats = (np.concatenate([corners, corners + sides], axis=1) * pixel).astype(np.float32)
        return squares

    def patches(self, owners: Numbers, squares: Floats, side: int) -> Image:
        """Cut squares out of their frames, black where they reach outside, and resize them.

        Args:
            owners: Number of the frame of each square.
            squares: n x 4, as `squares` gives them.
            side: Side of a patch.

        Returns:
            n x side x side x 3.
        """
        found = np.empty((len(squares), side, side, 3), dtype=np.uint8)
        steps = self._step(squares[:, 2:3] - squares[:, :1], side)
        edges = (squares / 2.0**steps).astype(np.intp).tolist()
        for patch, owner, step, edge in zip(found, owners.tolist(), steps[:, 0].tolist(), edges, strict=True):
            cv2.resize(_cut(self._steps[step][owner], *edge), (side, side), dst=patch, interpolation=cv2.INTER_LINEAR)
        return found

    def _step(self, sides: Floats, side: int) -> Numbers:
        """Choose for squares the smallest step at which each still has `side` pixels."""
        steps = np.floor(np.log2(np.maximum(sides, 1) / side))
        return steps.clip(0, len(self._steps) - 1).astype(np.intp)


def _half(image: Image) -> Image:
    height, width = image.shape[0] // 2, image.shape[1] // 2
    even = image[: 2 * height, : 2 * width]
    return np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _cut(image: Image, x0: int, y0: int, x1: int, y1: int) -> Image:
    height, width = image.shape[:2]
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if right - left == x1 - x0 and bottom - top == y1 - y0:
        return image[top:bottom, left:right]
    square = np.zeros((y1 - y0, x1 - x0, 3), dtype=np.uint8)
    if left < right and top < bottom:
        square[top - y0 : bottom - y0, left - x0 : right - x0] = image[top:bottom, left:right]
    return square
