"""The middle of the face, the jaw and the cheeks' rims left out: what many swappers replace."""

import numpy as np

from unmask.sbi.landmarks import Points

# How far each point of the jaw is drawn in on its way to the tip of the nose.
IN = 0.3


def parts(points: Points) -> list[Points]:
    """Give the sets of points; `points` is 77 x 2, as `shape` gives them."""
    jaw, nose = points[:17], points[30]
    return [np.vstack([jaw + IN * (nose - jaw), points[17:68]])]
