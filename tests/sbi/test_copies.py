"""Source and target: every change against its definition, its range and its probability."""

import colorsys
from typing import Any

import cv2
import numpy as np
import pytest
from sbi.blending import crop, random, settings

from unmask.sbi import transform, warp
from unmask.sbi.part import Hsv, Light, Sharpen, Shift, Warp
from unmask.sbi.transform import Image

GREY = np.full((8, 8, 3), 128, np.uint8)


def colours() -> Any:
    return np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def test_shift_moves_each_colour_by_its_own_number_within_the_range() -> None:
    settings = Shift(p=1.0, levels=20)
    moved = np.array([transform.shift(GREY, settings, random(n))[0, 0].astype(int) - 128 for n in range(200)])
    assert np.abs(moved).max() == 20
    assert (moved.min(0) < -15).all()
    assert (moved.max(0) > 15).all()
    assert np.abs(np.corrcoef(moved.T) - np.eye(3)).max() < 0.3
    bright = transform.shift(np.full((2, 2, 3), 250, np.uint8), settings, random(1))
    assert bright.max() <= 255
    assert bright.min() >= 230


def test_light_is_contrast_times_level_plus_brightness() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    for number in range(20):
        draws = random(number)
        brightness, contrast = 255 * draws.uniform(-0.1, 0.1), 1 + draws.uniform(-0.2, 0.2)
        changed = transform.light(ramp, Light(p=1.0, brightness=0.1, contrast=0.2), random(number))
        exact = np.clip(ramp.astype(float) * contrast + brightness, 0, 255)
        assert np.abs(changed - exact).max() <= 0.5 + 1e-9


def test_hue_saturation_and_value_move_as_in_the_standard_library() -> None:
    picture = colours()
    changed = transform.hsv(picture, Hsv(p=1.0, hue=20, saturation=30, value=30), random(3))
    by = random(3).uniform([-20, -30, -30], [20, 30, 30])
    exact = []
    for pixel in picture.reshape(-1, 3) / 255:
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
        # Half-degrees of hue and levels of 255, as OpenCV rounds them on the way.
        hue = (hue + by[0] / 180) % 1
        saturation, value = np.clip([saturation + by[1] / 255, value + by[2] / 255], 0, 1)
        exact.append(colorsys.hsv_to_rgb(hue, saturation, value))
    error = np.abs(changed.reshape(-1, 3) - 255 * np.array(exact))
    assert np.median(error) < 1.5
    assert np.quantile(error, 0.99) < 8


def test_the_published_hsv_limits_change_next_to_nothing() -> None:
    picture = colours()
    changed = transform.hsv(picture, Hsv(p=1.0, hue=0.3, saturation=0.3, value=0.3), random(3))
    assert np.abs(changed.astype(int) - picture).mean() < 1.5


def test_downscale_averages_blocks() -> None:
    picture = crop()[0]
    for factor in (2, 4):
        blocks = picture.reshape(256 // factor, factor, 256 // factor, factor, 3).mean((1, 3))
        small = cv2.resize(transform.downscale(picture, factor), None, fx=1 / factor, fy=1 / factor,
                           interpolation=cv2.INTER_AREA)  # fmt: skip
        # Up and down again blurs a little; where the picture is smooth the blocks' means come back.
        assert np.abs(small - blocks).mean() < 2
        assert transform.downscale(picture, factor).shape == picture.shape
    assert transform.downscale(picture[:3, :3], 16).shape == (3, 3, 3)


def test_sharpen_adds_detail_and_darkens_by_what_lightness_lacks() -> None:
    picture = crop()[0]
    bright = Sharpen(alpha=(0.5, 0.5), lightness=(1.0, 1.0))
    dark = Sharpen(alpha=(0.5, 0.5), lightness=(0.5, 0.5))
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    sharp = cv2.cvtColor(transform.sharpen(picture, bright, random(1)), cv2.COLOR_RGB2GRAY)
    assert cv2.Laplacian(sharp, cv2.CV_64F).var() > 3 * cv2.Laplacian(grey, cv2.CV_64F).var()
    np.testing.assert_array_equal(transform.sharpen(GREY, bright, random(1)), GREY)
    np.testing.assert_array_equal(transform.sharpen(GREY, dark, random(1)), GREY * 0 + 96)


@pytest.mark.parametrize(("step", "share"), [("shift", 0.3), ("light", 0.6)])
def test_steps_happen_as_often_as_they_should(step: str, share: float) -> None:
    others = {f"transform.{name}.p": 0.0 for name in ("shift", "hsv", "light", "detail") if name != step}
    chosen = settings(others | {f"transform.{step}.p": share}).transform
    changed = np.mean([(transform.change(GREY, chosen, random(n)) != GREY).any() for n in range(300)])
    assert abs(changed - share) < 4 * np.sqrt(share * (1 - share) / 300)


def test_detail_is_lost_or_sharpened_as_often() -> None:
    picture = crop()[0]
    chosen = settings().transform.detail

    def sharpness(image: Image) -> float:
        return float(cv2.Laplacian(image, cv2.CV_64F).var())

    sharper = [sharpness(transform.detail(picture, chosen, random(n))) > sharpness(picture) for n in range(100)]
    assert 0.3 < np.mean(sharper) < 0.7


def test_what_is_given_stays_as_it_is() -> None:
    picture = crop()[0]
    kept = picture.copy()
    for number in range(20):
        transform.change(picture, settings().transform, random(number))
    np.testing.assert_array_equal(picture, kept)


def test_warp_stays_within_its_ranges_about_the_middle() -> None:
    chosen = Warp(x=0.03, y=0.015, scale=(0.95, 1.0526))
    middle = np.array([[127.5, 63.5]])
    ways, scales = [], []
    for number in range(300):
        matrix = warp.draw((128, 256), chosen, random(number))
        ways.append((warp.move_points(middle, matrix) - middle)[0] / [256, 128])
        scales.append(matrix[0, 0])
        assert matrix[0, 1] == matrix[1, 0] == 0
    assert 0.028 < np.abs(ways)[:, 0].max() <= 0.03
    assert 0.014 < np.abs(ways)[:, 1].max() <= 0.015
    assert min(scales) < 0.955 < 1.045 < max(scales) <= 1.0526


def test_points_go_where_their_pixels_go() -> None:
    picture = np.zeros((128, 128, 3), np.uint8)
    cv2.circle(picture, (90, 40), 3, (255, 255, 255), -1)
    matrix = warp.draw((128, 128), Warp(x=0.1, y=0.1, scale=(0.9, 0.9)), random(2))
    ys, xs = np.nonzero(warp.move(picture, matrix)[..., 0] > 128)
    place = warp.move_points(np.array([[90.0, 40.0]]), matrix)[0]
    assert np.hypot(*(place - [xs.mean(), ys.mean()])) < 0.5
