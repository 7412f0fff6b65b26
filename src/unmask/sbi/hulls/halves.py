"""The two halves of the face, each a hull of its own, which leaves a notch between the brows."""

from unmask.sbi.landmarks import Points

# Jaw and brow of the side, and the middle line from the bridge of the nose to the lips.
LEFT = [*range(9), *range(17, 22), *range(27, 31), 33, 51, 57]
RIGHT = [*range(8, 17), *range(22, 27), *range(27, 31), 33, 51, 57]


def parts(points: Points) -> list[Points]:
    """Give the sets of points; `points` is 77 x 2, as `shape` gives them."""
    return [points[LEFT], points[RIGHT]]
