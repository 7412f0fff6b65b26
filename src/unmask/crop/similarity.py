"""The similarity transform (turn, scale, shift) that best maps one set of points onto another."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


def similarity(source: ArrayLike, target: ArrayLike) -> Matrix:
    """Fit a similarity transform by least squares, in closed form.

    Umeyama, Least-Squares Estimation of Transformation Parameters Between Two Point Patterns, TPAMI 1991, equations
    38 to 43. It never mirrors, also when a mirrored fit would be closer.

    Args:
        source: n x 2 points, n of at least two.
        target: n x 2 points.

    Returns:
        2 x 3 matrix M; `M @ [x, y, 1]` is the place of a source point.

    Raises:
        ValueError: All source points coincide.

    Example:
        >>> similarity([[0, 0], [1, 0], [0, 1]], [[5, 5], [5, 7], [3, 5]]).round(6) + 0.0
        array([[ 0., -2.,  5.],
               [ 2.,  0.,  5.]])
    """
    a, b = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    centre_a, centre_b = a.mean(0), b.mean(0)
    a, b = a - centre_a, b - centre_b
    spread = float((a**2).sum())
    if spread == 0:
        raise ValueError("A similarity transform needs at least two different points.")
    left, strength, right = np.linalg.svd(b.T @ a)
    proper = np.array([1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    turn = (strength @ proper / spread) * (left * proper) @ right
    return np.column_stack([turn, centre_b - turn @ centre_a])


def scale_of(matrix: Matrix) -> float:
    """Give the factor by which a similarity transform stretches lengths.

    Example:
        >>> scale_of(np.array([[0.0, -2, 5], [2, 0, 5]]))
        2.0
    """
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
