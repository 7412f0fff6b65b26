"""The mean face: where its points are, how it is turned to fit landmarks, and how near its hulls are to real ones."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import stills
from heads import EYES, HEAD
from tiny_clips import person

from unmask.sbi.landmarks import SWAP, five, mirrored
from unmask.sbi.shape import ALL, project, shape
from unmask.sbi.template import FACE, FOREHEAD


def overlap(one: Any, other: Any) -> float:
    """Give the intersection over union of two convex hulls."""
    first, second = (cv2.convexHull(points.astype(np.float32)) for points in (one, other))
    common, _ = cv2.intersectConvexConvex(first, second)
    return float(common / (cv2.contourArea(first) + cv2.contourArea(second) - common))


def turned(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> Any:
    """Show the mean face turned by degrees, from afar."""
    a, b, c = np.radians([yaw, pitch, roll])
    turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    nod = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    tilt = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return 1.5 * (ALL @ (tilt @ nod @ turn).T)[:, :2] + [130, 110]


def test_template_is_symmetric_and_its_order_is_that_of_the_scheme() -> None:
    assert FACE.shape == (68, 3)
    np.testing.assert_array_equal(FACE[SWAP[68]] * [-1, 1, 1], FACE)
    np.testing.assert_array_equal(FOREHEAD[::-1] * [-1, 1, 1], FOREHEAD)
    # Left to right: jaw, brows, nostrils, upper lip; right to left: lower lip.
    for first, end, way in ((0, 17, 1), (17, 27, 1), (31, 36, 1), (48, 55, 1), (54, 60, -1)):
        assert (way * np.diff(FACE[first:end, 0]) > -1e-9).all()
    assert (np.diff(FACE[27:31, 1]) > 0).all()


def test_template_is_near_the_model_that_its_anchors_are_of() -> None:
    """MediaPipe's canonical face, in centimetres; eyes, nose, mouth, corners of the eyes."""
    origin = HEAD[:2].mean(0)
    apart = five(FACE) - 10 * (HEAD - origin)
    assert np.hypot(*apart[:, :2].T).max() < 1
    assert np.abs(apart[:, 2]).max() < 2
    corners = FACE[[36, 39, 42, 45]] - 10 * (EYES - origin)
    assert np.abs(corners[:, :2]).max() < 1


@pytest.mark.parametrize("roll", [-30, 0, 12])
@pytest.mark.parametrize("yaw", [-30, 0, 20])
def test_a_turned_mean_face_is_found_again(yaw: float, roll: float) -> None:
    places = turned(yaw, 0, roll)
    found = shape(five(places))
    assert found.shape == (77, 2)
    assert overlap(found, places) > 0.93


def test_fit_is_exact_for_a_face_that_looks_at_the_viewer() -> None:
    places = turned(0, 0, 25)
    np.testing.assert_allclose(shape(five(places)), places, atol=0.02)
    np.testing.assert_allclose(shape(places[:68]), places, atol=0.02)


def test_mirrored_landmarks_give_the_mirrored_shape() -> None:
    places = shape(five(turned(25, 4, 8)))
    other = shape(mirrored(five(turned(25, 4, 8)), 256))
    np.testing.assert_allclose(other[:68], mirrored(places[:68], 256), atol=1e-6)
    np.testing.assert_allclose(other[68:], (places[68:] * [-1, 1] + [255, 0])[::-1], atol=1e-6)


def test_68_points_stay_and_get_a_forehead_above_the_brows() -> None:
    places = turned(15)[:68] + np.random.default_rng(1).normal(0, 1.5, (68, 2))
    found = shape(places)
    np.testing.assert_array_equal(found[:68], places)
    assert (found[70:75, 1] < places[17:27, 1].min()).all()


def test_landmarks_of_rendered_people_are_inside_their_shape() -> None:
    for name in ("ann", "bob", "cleo"):
        film = person(name)
        for places in film.points:
            found = shape(places[:5])
            polygon = cv2.convexHull(found.astype(np.float32))
            # The rim of the inner face that a rendered head is forged in.
            for place in places:
                far = 0.25 * np.hypot(*(places[1] - places[0]))
                assert cv2.pointPolygonTest(polygon, tuple(map(float, place)), True) > -far


def test_depth_is_needed_for_turned_heads() -> None:
    """The same fit without depth, as a flat template, is further off: so the third dimension earns its place."""
    places = turned(30)
    flat = project(ALL * [1, 1, 0], five(FACE) * [1, 1, 0], five(places))
    assert overlap(flat, places) < overlap(shape(five(places)), places) - 0.1


def test_hulls_of_five_landmarks_are_near_those_of_published_68(shared: Path) -> None:
    published = stills.marked(shared / "data" / "stills")
    faces = [(known, marks) for _, known, marks, _ in published if len(marks) == 68]
    assert len(faces) >= 20
    overlaps = [overlap(shape(known)[:68], marks) for known, marks in faces]
    assert np.mean(overlaps) > 0.85
    assert min(overlaps) > 0.75


def test_what_is_no_face_is_refused() -> None:
    for wrong, said in ((np.zeros((5, 2)), "different places"), (np.zeros((6, 2)), "6 x 2"), (np.zeros(10), "10")):
        with pytest.raises(ValueError, match=said):
            shape(wrong)
