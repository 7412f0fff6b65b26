"""The face from the brows down: all of iBUG's 68 points."""

from unmask.sbi.landmarks import Points


def parts(points: Points) -> list[Points]:
    """Give the sets of points; `points` is 77 x 2, as `shape` gives them."""
    return [points[:68]]
