"""The face with a part of the forehead: the brows are lifted away from the eyes, as face swappers do."""

import numpy as np

from unmask.sbi.landmarks import Points

# How far, in distances of the brows from the eyes.
LIFT = 0.75


def parts(points: Points) -> list[Points]:
    """Give the sets of points; `points` is 77 x 2, as `shape` gives them."""
    up = points[17:27].mean(0) - points[36:48].mean(0)
    return [np.vstack([points[:17], points[17:27] + LIFT * up])]
