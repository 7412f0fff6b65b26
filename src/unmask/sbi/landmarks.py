"""Landmarks of a face, five or 68: where they lie in a crop, and where they are when it is mirrored."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]

# Which point takes the place of each in a mirror. Five: eyes, tip of the nose, corners of the mouth. 68: iBUG's scheme.
SWAP = {
    5: [1, 0, 2, 4, 3],
    68: [
        *range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1),
    ],
}  # fmt: skip


def mirrored(landmarks: ArrayLike, width: int) -> Points:
    """Give the landmarks of a mirrored picture: left stays left as seen.

    Args:
        landmarks: 5 x 2 or 68 x 2, pixels.
        width: Of the picture.

    Example:
        >>> mirrored([[3, 4], [6, 4], [5, 6], [4, 8], [6, 8]], width=10)[0]
        array([3., 4.])
    """
    points = np.asarray(landmarks, dtype=np.float64)[SWAP[len(np.asarray(landmarks))]]
    return np.column_stack([width - 1 - points[:, 0], points[:, 1]])


def five(points: Points) -> Points:
    """Give the five landmarks among 68: centres of the eyes, tip of the nose, corners of the mouth.

    Args:
        points: 68 x 2 or 68 x 3; or such sets, one behind the other.
    """
    eyes = (points[..., 36:42, :].mean(-2), points[..., 42:48, :].mean(-2))
    return np.stack([*eyes, points[..., 30, :], points[..., 48, :], points[..., 54, :]], axis=-2)
