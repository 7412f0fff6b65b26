"""The points of a face that hulls are made of: iBUG's 68 and a rim of the forehead, from five landmarks or from 68."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unmask.crop.similarity import scale_of, similarity
from unmask.sbi.landmarks import Points, five
from unmask.sbi.template import FACE, FOREHEAD

# The fit begins with a face that looks at the viewer and turns it step by step. A few steps take most of the turn; more
# follow what one nose or a detector's error only pretends (20 published faces: overlap with their real hulls 0.88 after
# 6 steps, 0.87 after 30).
STEPS = 6
ALL = np.vstack([FACE, FOREHEAD])
# Of the landmarks of the mean face, by how many each is known.
MODELS = {5: five(FACE), 68: FACE}
SPREAD = 0.01  # of landmarks about their middle, below which there is no face, in pixels squared
NO_FACE = "the landmarks of a face must be different places"


def shape(landmarks: ArrayLike) -> Points:
    """Give the points of a face.

    Args:
        landmarks: 68 x 2, which stay as they are and get a forehead; or 5 x 2, which the mean face is fitted to.
            Pixels.

    Returns:
        77 x 2: iBUG's 68, then the rim of the forehead from the left as seen to the right.

    Raises:
        ValueError: There are neither five nor 68 points, or they coincide.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    known = model_of(points.shape)
    return project(ALL, known, points) if len(known) == 5 else np.vstack([points, project(FOREHEAD, known, points)])


def model_of(shape: tuple[int, ...]) -> Points:
    """Give the landmarks of the mean face, n x 3, that landmarks of some shape, which is n x 2, stand for.

    Raises:
        ValueError: They are neither five nor 68.
    """
    if len(shape) == 2 and shape[0] in MODELS and shape[1] == 2:
        return MODELS[shape[0]]
    raise ValueError(f"a face has 5 x 2 or 68 x 2 landmarks, not {' x '.join(map(str, shape))}")


def likeness(known: Points, places: Points) -> NDArray[np.float64]:
    """Tell how large the flat face is that places are most like, turned and scaled but not mirrored.

    Args:
        known: m x 3, points of the mean face.
        places: m x 2, where those are; or such sets, one behind the other.

    Returns:
        Sum of its squared distances from its middle, in pixels squared; next to nothing where places coincide or are
        like no face at all, and no number where they are none.
    """
    face, seen = ((one - one.mean(-2, keepdims=True)) @ np.array([1, 1j]) for one in (known[:, :2], places))
    found: NDArray[np.float64] = np.abs(seen @ face.conj()) ** 2 / np.vdot(face, face).real
    return found


def project(wanted: Points, known: Points, places: Points) -> Points:
    """Show points of the mean face as a far camera would that sees some of them where they are known to be.

    A scaled orthographic camera, which begins upright before the face; two steps in turn, to the depth that the places
    would have, and to the similarity transform in three dimensions that then fits best (as in DeMenthon and Davis,
    Model-Based Object Pose in 25 Lines of Code, 1995, without the perspective; the transform by Umeyama's closed form,
    TPAMI 1991).

    Args:
        wanted: n x 3, points of the mean face.
        known: m x 3, points of the mean face that are known.
        places: m x 2, where those are.

    Returns:
        n x 2.

    Raises:
        ValueError: The places coincide, are like no face, or are not numbers.
    """
    if not likeness(known, places) > SPREAD:  # so that it holds for what is no number, too
        raise ValueError(NO_FACE)
    middle, centre = known.mean(0), places.mean(0)
    model, seen = known - middle, places - centre
    flat = similarity(model[:, :2], seen)[:, :2]
    scale, turn = scale_of(flat), np.eye(3)
    turn[:2, :2] = flat / scale
    for _ in range(STEPS):
        depth = scale * model @ turn[2]
        left, strength, right = np.linalg.svd(np.column_stack([seen, depth]).T @ model)
        proper = np.array([1.0, 1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
        turn = (left * proper) @ right
        scale = float(strength @ proper / np.square(model).sum())
    shown: Points = scale * (wanted - middle) @ turn[:2].T + centre
    return shown
