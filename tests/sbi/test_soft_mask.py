"""Masks: which part of the face they hold, how soft they are, and that each step does what its description says."""

from itertools import pairwise
from pkgutil import iter_modules
from typing import Any

import cv2
import numpy as np
import pytest
from sbi.blending import STILL, crop, random, settings

from unmask.sbi import hull, hulls, mask
from unmask.sbi.landmarks import Points
from unmask.sbi.part import Elastic
from unmask.sbi.shape import shape

NAMES = sorted(module.name for module in iter_modules(hulls.__path__))
SIZE = (256, 256)


def face() -> Points:
    return shape(crop()[1])


def held(weights: Any, places: Points) -> Any:
    x, y = np.rint(places).astype(int).T
    return weights[y, x]


def inside(parts: list[Points], place: Any) -> float:
    """Give how far inside the union of hulls a place is, in pixels; negative outside."""
    polygons = [cv2.convexHull(points.astype(np.float32)) for points in parts]
    return max(cv2.pointPolygonTest(polygon, tuple(map(float, place)), True) for polygon in polygons)


@pytest.mark.parametrize("name", NAMES)
def test_every_hull_is_a_part_of_the_face_with_its_mouth(name: str) -> None:
    filled = mask.filled(hull.parts(name, face()), SIZE) > 0
    whole = mask.filled([face()], SIZE) > 0
    assert not (filled & ~whole).any()
    assert 0.2 < filled.sum() / whole.sum() <= 1
    assert held(filled, face()[48:68]).all()
    assert held(filled, face()[36:48]).all() == (name != "lower")


def test_hulls_differ_as_their_names_say() -> None:
    sizes = {name: int((mask.filled(hull.parts(name, face()), SIZE) > 0).sum()) for name in NAMES}
    order = ["lower", "inner", "halves", "brows", "raised", "face"]
    assert sorted(NAMES) == sorted(order)
    assert all(sizes[small] < sizes[large] for small, large in pairwise(order))


@pytest.mark.parametrize("name", NAMES)
def test_hull_is_filled_where_geometry_says_it_is_inside(name: str) -> None:
    parts = hull.parts(name, face())
    filled = mask.filled(parts, SIZE) > 0
    for y, x in np.random.default_rng(1).integers(0, 256, (400, 2)):
        depth = inside(parts, (x, y))
        if abs(depth) > 1:
            assert filled[y, x] == (depth > 0)


def test_hulls_are_drawn_as_often_as_they_weigh_in_any_order() -> None:
    draws = random(1)
    drawn = [hull.draw_name({"brows": 3, "face": 1, "halves": 0}, draws) for _ in range(400)]
    assert "halves" not in drawn
    assert abs(drawn.count("brows") / 400 - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 400)
    other = random(1)
    assert drawn == [hull.draw_name({"halves": 0, "face": 1, "brows": 3}, other) for _ in range(400)]


def test_masks_are_soft_between_nothing_and_one() -> None:
    parts = hull.parts("face", face())
    for number in range(30):
        weights = mask.draw(parts, SIZE, settings().mask, random(2, number))
        assert weights.dtype == np.float32
        assert weights.shape == SIZE
        assert weights.min() == 0
        assert weights.max() == 1
        # The steepest published rim, windows of five at a side of 192, rises over four of its pixels.
        steps = np.concatenate([np.abs(np.diff(weights, axis=axis)).ravel() for axis in (0, 1)])
        assert steps.max() < 0.3
        assert held(weights, face()[48:68]).min() > 0.5
        assert held(weights, face()[36:48]).min() > 0.5


def test_a_mask_stays_inside_its_hull_where_the_first_window_is_at_least_the_second() -> None:
    parts = hull.parts("brows", face())
    for erode, blur in ((9, 9), (25, 5), (15, 11)):
        changed = STILL | {"mask.erode": [erode, erode], "mask.blur": [blur, blur]}
        weights = mask.draw(parts, SIZE, settings(changed).mask, random(1))
        places = np.argwhere(weights > 0)[:, ::-1]
        depth = min(inside(parts, place) for place in places)
        # What the first window takes, less what the second gives back, measured along rows and columns.
        assert depth > (erode - blur) / 2 - 1.5


def test_no_mask_reaches_further_than_its_windows_bends_and_jitter_allow() -> None:
    parts = hull.parts("face", face())
    chosen = settings({"mask.jitter": 0.0}).mask
    reach = (25 - 5) / 2 * 256 / 192 * np.sqrt(2) + 6
    for number in range(10):
        weights = mask.draw(parts, SIZE, chosen, random(3, number))
        places = np.argwhere(weights > 0)[:, ::-1]
        assert min(inside(parts, place) for place in places[:: max(1, len(places) // 3000)]) > -reach


@pytest.mark.parametrize("window", [5, 11, 25])
def test_first_blur_keeps_what_a_gaussian_leaves_at_one(window: int) -> None:
    filled = mask.filled(hull.parts("halves", face()), SIZE)
    blurred = cv2.GaussianBlur((filled > 0).astype(np.float64), (window, window), 0)
    exact = blurred > 1 - 1e-9
    # With a second window of one pixel nothing is softened, and only the first step is seen.
    chosen = settings({"mask.erode": [window, window], "mask.blur": [1, 1]}).mask
    kept = mask.softened(filled, chosen, random(1))
    np.testing.assert_array_equal(kept == 1, exact)
    np.testing.assert_array_equal(kept == 0, ~exact)


def test_second_blur_is_a_gaussian_of_its_window_and_deviation() -> None:
    filled = mask.filled(hull.parts("brows", face()), SIZE)
    chosen = settings({"mask.erode": [1, 1], "mask.blur": [11, 11], "mask.sigma": [3, 3]}).mask
    kernel = np.exp(-0.5 * (np.arange(-5, 6) / 3) ** 2)
    kernel /= kernel.sum()
    exact = np.apply_along_axis(np.convolve, 0, (filled > 0).astype(float), kernel, "same")
    exact = np.apply_along_axis(np.convolve, 1, exact, kernel, "same")
    np.testing.assert_allclose(mask.softened(filled, chosen, random(1)), exact / exact.max(), atol=1e-5)


def test_the_field_that_bends_is_as_strong_as_smoothed_uniform_noise() -> None:
    for alpha, sigma in ((50, 7), (20, 2), (400, 12)):
        ways = mask.field((224, 224), Elastic(alpha=alpha, sigma=sigma), random(1))
        # A Gaussian in two dimensions divides the deviation of white noise by 2 sqrt(pi) sigma.
        expected = alpha / np.sqrt(3) / (2 * np.sqrt(np.pi) * sigma)
        assert ways.shape == (2, 224, 224)
        assert ways.std() == pytest.approx(expected, rel=0.2)
        # Neighbours at a distance of sigma correlate by exp(-1/4).
        near = np.corrcoef(ways[:, :, : -int(sigma)].ravel(), ways[:, :, int(sigma) :].ravel())[0, 1]
        assert near == pytest.approx(np.exp(-0.25), abs=0.1)


def test_jitter_moves_the_outline_by_at_most_its_share() -> None:
    parts = hull.parts("brows", face())
    low, high = parts[0].min(0), parts[0].max(0)
    still = settings(STILL).mask
    moved = settings(STILL | {"mask.jitter": 0.1}).mask
    where = []
    for number in range(20):
        weights = mask.draw(parts, SIZE, moved, random(4, number))
        ys, xs = np.nonzero(weights > 0.5)
        where.append([xs.min(), ys.min(), xs.max(), ys.max()])
    ys, xs = np.nonzero(mask.draw(parts, SIZE, still, random(4)) > 0.5)
    plain = np.array([xs.min(), ys.min(), xs.max(), ys.max()])
    apart = np.abs(np.array(where) - plain).max(0) / np.tile(high - low, 2)
    # Three corners move by up to a tenth; the fourth by up to three tenths.
    assert (apart < 0.3).all()
    assert (apart > 0.02).all()


def test_lengths_mean_the_same_for_crops_of_any_size() -> None:
    small, large = (
        mask.draw([(points + 0.5) * factor - 0.5 for points in hull.parts("face", face())],
                  (256 * factor, 256 * factor), settings().mask, random(5))
        for factor in (1, 2)
    )  # fmt: skip
    halved = cv2.resize(large, SIZE, interpolation=cv2.INTER_AREA)
    assert np.abs(halved - small).max() < 0.05


def test_an_outline_beyond_the_picture_gives_an_empty_mask() -> None:
    assert not mask.draw([face() + 5000], SIZE, settings().mask, random(1)).any()
