"""The whole face with its forehead up to the hair."""

from unmask.sbi.landmarks import Points


def parts(points: Points) -> list[Points]:
    """Give the sets of points; `points` is 77 x 2, as `shape` gives them."""
    return [points]
