"""The distortions of DeeperForensics-1.0 do what their names say, more at each level."""

import cv2
import numpy as np
import pytest
from rendered import Array

from unmask.render.distort import BLOCK, LEVELS, PIXELS, choose, distort, rate_factor


def picture() -> Array:
    """A colourful picture (1, 256, 320, 3) with coarse and fine parts."""
    noise = np.random.default_rng(0).standard_normal((256, 320, 3), np.float32)
    parts = [cv2.GaussianBlur(noise, (0, 0), float(width)) * width for width in (0.7, 2, 6, 20)]
    values: Array = np.clip(120 + 25 * np.sum(parts, axis=0), 0, 255)
    packed: Array = values[None].astype(np.uint8)
    return packed


def laid(kind: str, level: int) -> Array:
    frames: Array = distort(np.random.default_rng(1), picture(), [(kind, level)]).astype(float)
    return np.asarray(frames[0])


@pytest.mark.parametrize("kind", PIXELS)
def test_a_higher_level_changes_more(kind: str) -> None:
    changes = [np.abs(laid(kind, level) - picture()[0]).mean() for level in range(1, 6)]
    assert changes == sorted(changes)
    assert changes[0] > 0.1
    assert changes[4] > 1.3 * changes[0]


def test_saturation_at_level_5_is_grey_of_the_same_luma() -> None:
    grey = laid("CS", 5)
    assert np.ptp(grey, axis=-1).max() <= 1
    assert np.abs(grey[..., 0] - cv2.cvtColor(picture()[0], cv2.COLOR_RGB2GRAY)).max() <= 1


def test_contrast_scales() -> None:
    assert np.abs(laid("CC", 3) - 0.6 * picture()[0]).max() <= 0.5


def test_blocks_are_grey_and_as_many_as_the_level_says() -> None:
    changed = (laid("BW", 1) != picture()[0]).any(axis=-1)
    assert (laid("BW", 1)[changed] == 128).all()
    assert 8 * BLOCK**2 < changed.sum() <= 16 * BLOCK**2


def test_noise_has_the_variance_of_its_level() -> None:
    flat = np.full((1, 256, 256, 3), 128, np.uint8)
    noisy = distort(np.random.default_rng(2), flat, [("GNC", 3)])[0]
    luma = cv2.cvtColor(noisy.astype(np.float32) / 255, cv2.COLOR_RGB2YCrCb)[..., 0]
    assert luma.var() == pytest.approx(LEVELS["GNC"][2], rel=0.1)


def test_resolution_loses_what_is_finer() -> None:
    fine = np.indices((256, 320)).sum(axis=0) % 2 * 255
    frames = np.repeat(fine[None, ..., None], 3, axis=-1).astype(np.uint8)
    assert distort(np.random.default_rng(0), frames, [("JPEG", 1)]).std() < 0.1 * frames.std()


def test_video_compression_is_left_to_the_encoder() -> None:
    assert np.array_equal(laid("VC", 5), picture()[0])
    assert rate_factor([("VC", 5), ("GB", 1)], 23) == 40
    assert rate_factor([("GB", 5)], 23) == 23


def test_choice_follows_the_variant() -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        ((kind, level),) = choose(rng, "end_to_end_level_3")
        assert (kind in LEVELS, level) == (True, 3)
        assert len(choose(rng, "end_to_end_random_level")) == 1
        mixed = choose(rng, "end_to_end_mix_4_distortions")
        assert len({kind for kind, _ in mixed}) == 4
        assert all(1 <= level <= 5 for _, level in mixed)
    levels = {choose(np.random.default_rng(seed), "end_to_end_random_level")[0][1] for seed in range(60)}
    assert levels == {1, 2, 3, 4, 5}
