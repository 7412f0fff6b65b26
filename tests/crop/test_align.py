"""Alignment: eyes land on the template, kernels do not alias, borders are those asked for."""

from typing import Any

import cv2
import numpy as np
import pytest
from crop.scene import scene
from crop.turning import moved, option, turned
from tiny_clips import person

from unmask.crop.align import align, template, transform
from unmask.crop.similarity import scale_of
from unmask.detect.detector import build
from unmask.detect.faces import find
from unmask.detect.params import choose

KERNELS = ("linear", "cubic", "area", "lanczos")


def dots(size: int, places: Any, radius: float) -> Any:
    """Draw a soft white dot at each place of a black picture."""
    y, x = np.mgrid[:size, :size]
    light = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2)) for px, py in places)
    return np.repeat((255 * np.clip(light, 0, 1)).astype(np.uint8)[..., None], 3, axis=2)


def centre(image: Any, near: Any, reach: int = 9) -> Any:
    """Find the centre of the light around a place."""
    x0, y0 = (round(float(v)) - reach for v in near)
    part = image[max(y0, 0) : y0 + 2 * reach + 1, max(x0, 0) : x0 + 2 * reach + 1, 0].astype(float)
    y, x = np.mgrid[: part.shape[0], : part.shape[1]]
    return (
        np.array([(x * part).sum() + max(x0, 0) * part.sum(), (y * part).sum() + max(y0, 0) * part.sum()]) / part.sum()
    )


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scale", [0.4, 1.0, 2.7, 6.0])
@pytest.mark.parametrize("angle", [-0.6, 0.0, 2.0])
def test_landmarks_land_on_the_template(kernel: str, scale: float, angle: float) -> None:
    options = option(size=112, margin=1.3, interpolation=kernel)
    places = moved(turned(angle, scale, (0, 0)), template(options) - 55.5) + 400
    image = dots(801, places, 2.0 * scale)
    aligned = align(image, places, options)
    for place in template(options):
        np.testing.assert_allclose(centre(aligned, place), place, atol=0.15)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_crop_of_its_own_size_is_the_picture_itself(kernel: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    np.testing.assert_array_equal(align(image, template(option()), option(interpolation=kernel)), image)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("factor", [2, 3, 7])
def test_shrinking_averages_all_pixels(kernel: str, factor: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (64 * factor, 64 * factor, 3), dtype=np.uint8)
    options = option(size=64, interpolation=kernel)
    places = (template(options) + 0.5) * factor - 0.5
    expected = image.reshape(64, factor, 64, factor, 3).mean((1, 3))
    np.testing.assert_allclose(align(image, places, options), expected, atol=1)


def test_fine_stripes_do_not_alias() -> None:
    # Stripes of one pixel, shrunk 5.3 times and turned, must become grey.
    image = np.zeros((800, 800, 3), np.uint8)
    image[:, ::2] = 255
    options = option(size=96)
    for kernel in KERNELS:
        places = moved(turned(0.1, 5.3, (0, 0)), template(options) - 47.5) + 400
        inner = align(image, places, options.model_copy(update={"interpolation": kernel}))
        assert inner.std() < 20
        assert inner.mean() == pytest.approx(127.5, abs=3)


def test_area_averages_at_any_shrinking() -> None:
    image = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    places = (template(option()) - 55.5) * 1.6 + 200
    noise = {kernel: align(image, places, option(interpolation=kernel)).std() for kernel in KERNELS}
    assert noise["area"] < min(noise[kernel] for kernel in KERNELS if kernel != "area")


def test_margin_shows_more_around_the_same_centre() -> None:
    tight, wide = template(option()), template(option(margin=2.0))
    np.testing.assert_allclose(wide - 55.5, (tight - 55.5) / 2)
    # What a wide crop shows in its middle is what the tight one shows, at half the scale.
    places = tight * 2 + 100
    assert scale_of(transform(places, option(margin=2.0))) == pytest.approx(scale_of(transform(places, option())) / 2)


def test_the_tight_template_is_that_of_arcface() -> None:
    expected = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
    np.testing.assert_allclose(template(option()), expected)


def test_what_lies_outside_is_black() -> None:
    aligned = align(np.full((112, 112, 3), 200, np.uint8), template(option()) - 50, option())
    assert (aligned[50:, 50:] == 200).all()
    assert (aligned[:50] == 0).all()
    assert (aligned[:, :50] == 0).all()


@pytest.mark.parametrize(("border", "pad"), [("replicate", "edge"), ("reflect", "reflect")])
@pytest.mark.parametrize("kernel", ["linear", "area"])
def test_other_borders_continue_the_picture(border: str, pad: Any, kernel: str) -> None:
    # A picture that is continued by hand gives the same crop, also where it is averaged and turned.
    image = scene(5)
    wide = np.pad(image, ((250, 250), (250, 250), (0, 0)), mode=pad)
    for scale in (0.7, 2.4):
        places = moved(turned(0.3, scale, (0, 0)), template(option()) - 55.5) + 30
        found = align(image, places, option(border=border, interpolation=kernel))
        assert np.abs(found.astype(int) - align(wide, places + 250, option(interpolation=kernel))).max() <= 1
        black = align(image, places, option(interpolation=kernel))
        assert (black[:5, :5] == 0).all()
        assert (found[:5, :5] > 0).any()


def placed(name: str, angle: float, scale: float) -> tuple[Any, Any]:
    """Turn and scale a rendered picture; give it with its true landmarks."""
    film = person(name)
    matrix = turned(angle, scale, (0, 0))
    matrix[:, 2] = 300 - matrix[:, :2] @ film.points[0, :5].mean(0)
    image = cv2.warpAffine(film.frames[0], matrix, (600, 600), flags=cv2.INTER_CUBIC)
    return image, moved(matrix, film.points[0, :5])


@pytest.mark.parametrize("angle", [0.5, -1.2, 3.0])
@pytest.mark.parametrize("scale", [1.0, 1.7])
def test_turning_and_scaling_the_picture_changes_nothing(angle: float, scale: float) -> None:
    options = option(size=96, margin=1.0)
    upright, other = (align(*placed("ann", *how), options).astype(int) for how in ((0.0, 1.0), (angle, scale)))
    assert np.abs(upright - other).mean() < 3
    assert np.abs(upright - other[:, ::-1]).mean() > 6


@pytest.mark.parametrize(("angle", "scale"), [(0.0, 1.0), (0.3, 0.8), (-0.25, 1.8)])
def test_the_eyes_of_found_faces_land_on_the_template(angle: float, scale: float) -> None:
    detector = build(choose({"name": "mtcnn", "min_face": 0.1, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709}))
    options = option(size=224, margin=1.3)
    away = []
    for name in ("ann", "bob", "cleo"):
        image, truth = placed(name, angle, scale)
        (faces,) = find([image], detector, 1)
        eyes = moved(transform(faces.landmarks[0], options), truth[:2])
        away += np.hypot(*(eyes - template(options)[:2]).T).tolist()
    assert np.mean(away) < 3
    assert max(away) < 5
