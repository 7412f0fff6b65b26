"""Mouth and jaw, from the tip of the nose down: what lip synchronisation replaces."""

import numpy as np

from unmask.sbi.landmarks import Points


def parts(points: Points) -> list[Points]:
    """Give the sets of points; `points` is 77 x 2, as `shape` gives them."""
    return [np.vstack([points[3:14], points[30:36]])]
