"""How a face is held, told from five landmarks: tilt of the head, and roughly its turn."""

from collections.abc import Sequence
from math import atan2, degrees, hypot

Point = Sequence[float]

# How far the tip of the nose stands out before the centres of the eyes, as a share of half their distance: 4.01 / 3.15
# in MediaPipe's canonical face model, a mean face in centimetres (canonical_face_model.obj; tip: vertex 1, centre of an
# eye: mean of its corners, vertices 33 and 133).
NOSE = 1.27


def roll(left_eye: Point, right_eye: Point) -> float:
    """Give the tilt of the line through the eyes.

    Args:
        left_eye: Place (x, y) in pixels, left as seen, y downwards.
        right_eye: Place of the other one.

    Returns:
        Degrees, -180 to 180, positive clockwise as seen.

    Example:
        >>> roll((0, 0), (10, 10))
        45.0
    """
    return degrees(atan2(right_eye[1] - left_eye[1], right_eye[0] - left_eye[0]))


def yaw(left_eye: Point, right_eye: Point, nose: Point) -> float:
    """Give roughly by how much a head is turned to a side.

    Seen from afar, a head turned by an angle `a` shows half the distance `e` of its eyes as `e cos a`, and the tip of
    its nose, which stands out by `NOSE * e` before them, `NOSE * e * sin a` beside their middle. The quotient of the
    two is `NOSE * tan a`. Noses differ, a nod tilts the line of the eyes of a turned head, a near camera sees more of a
    turn, and face detectors guess the hidden eye: take it as frontal, half turned or profile, not as a measurement.

    Args:
        left_eye: Place (x, y) in pixels, left as seen, y downwards.
        right_eye: Place of the other one.
        nose: Place of the tip of the nose.

    Returns:
        Degrees, -90 to 90, positive when the nose points to the right as seen; 0 when all places are one.

    Example:
        >>> yaw((-10, 0), (10, 0), (0, 9)), round(yaw((-10, 0), (10, 0), (12.7, 9)), 6)
        (0.0, 45.0)
    """
    x, y = right_eye[0] - left_eye[0], right_eye[1] - left_eye[1]
    distance = hypot(x, y)
    if not distance:
        return 0.0
    along = (nose[0] - (left_eye[0] + right_eye[0]) / 2) * x + (nose[1] - (left_eye[1] + right_eye[1]) / 2) * y
    return degrees(atan2(along / distance, NOSE * distance / 2))
