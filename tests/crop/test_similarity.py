"""Similarity: the fit is exact and best, and never mirrors."""

from typing import Any

import cv2
import numpy as np
import pytest
from crop.turning import moved, option, turned
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.crop.align import TEMPLATE, template, transform
from unmask.crop.similarity import similarity

numbers = st.floats(-100, 100, allow_nan=False)
points = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=8)


def spread(places: Any) -> float:
    return float(np.std(places, axis=0).max())


@given(points.filter(lambda p: spread(p) > 1), st.floats(-3.1, 3.1), st.floats(0.05, 20), st.tuples(numbers, numbers))
def test_a_known_transform_is_recovered(source: Any, angle: float, scale: float, shift: tuple[float, float]) -> None:
    truth = turned(angle, scale, shift)
    np.testing.assert_allclose(similarity(source, moved(truth, source)), truth, atol=1e-6 * (1 + scale) * 100)


@given(points.filter(lambda p: spread(p) > 1), points)
def test_nothing_is_ever_mirrored_or_sheared(source: Any, target: Any) -> None:
    count = min(len(source), len(target))
    if spread(source[:count]) < 1:
        return
    (a, b, _), (c, d, _) = similarity(source[:count], target[:count])
    assert a == pytest.approx(d, abs=1e-9 * (1 + abs(a)))
    assert b == pytest.approx(-c, abs=1e-9 * (1 + abs(b)))
    assert a * d - b * c >= 0


@settings(max_examples=50)
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=3, max_size=8))
def test_agrees_with_least_squares_on_the_four_unknowns(pairs: Any) -> None:
    # With x' = a x - b y + s and y' = b x + a y + t the fit is linear; scale and turn are not told apart, so it is the
    # same minimum as long as no mirroring is in play.
    source, target = np.array(pairs)[:, :2], np.array(pairs)[:, 2:]
    if spread(source) < 1:
        return
    zero, one = np.zeros(len(source)), np.ones(len(source))
    x, y = source.T
    system = np.concatenate([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    a, b, s, t = np.linalg.lstsq(system, target.T.ravel(), rcond=None)[0]
    np.testing.assert_allclose(similarity(source, target), [[a, -b, s], [b, a, t]], atol=1e-6)


def test_agrees_with_opencv_on_a_clean_face() -> None:
    source = moved(turned(0.4, 2.5, (30, -4)), template(option()))
    expected, _ = cv2.estimateAffinePartial2D(source, template(option()), method=cv2.LMEDS)
    np.testing.assert_allclose(transform(source, option()), expected, atol=1e-3)


def test_mirrored_points_are_fitted_without_mirroring() -> None:
    places = template(option())
    matrix = similarity(places * [-1, 1], places)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_points_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="different points"):
        similarity(np.ones((5, 2)), TEMPLATE)
