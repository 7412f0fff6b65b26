"""Self-blended images: the members of a pair differ inside the mask alone, and the same seed gives the same bytes."""

import cv2
import numpy as np
import pytest
import torch
from augment.operations import policy_of, settings_of
from sbi.blending import ALIGNMENT, STILL, crop, random, settings
from tiny_clips import person

from unmask.augment.policy import Policy
from unmask.crop.align import align, in_crop
from unmask.errors import DataError
from unmask.sbi.blend import Pair, copies, self_blend, together
from unmask.sbi.landmarks import mirrored
from unmask.sbi.transform import Image

MANY = 40


def pairs(count: int = MANY) -> list[Pair]:
    image, places = crop()
    return [self_blend(image, places, settings(), random(7, number)) for number in range(count)]


def test_fake_equals_target_outside_the_mask_and_differs_inside() -> None:
    image = crop()[0]
    kept = image.copy()
    for pair in pairs():
        differs = (pair.fake != pair.real).any(-1)
        assert pair.real.dtype == pair.fake.dtype == np.uint8
        assert pair.real.shape == pair.fake.shape == image.shape
        assert not differs[pair.mask == 0].any()
        # Flat parts of a rendered face stay the same under a blur; most others change.
        assert differs[pair.mask > 0.2].mean() > 0.3
    np.testing.assert_array_equal(image, kept)


def test_fake_is_the_mean_of_source_and_target_weighted_by_the_mask() -> None:
    image, places = crop()
    chosen = settings(STILL | {"transform.light.p": 1.0, "transform.light.brightness": 0.3, "ratios": [0.5]})
    pair = self_blend(image, places, chosen, random(3))
    draws = random(3)
    draws.random()  # the mirror's
    source, target = copies(image, chosen, draws)
    np.testing.assert_array_equal(pair.real, target)
    exact = pair.mask[..., None] * source.astype(float) + (1 - pair.mask[..., None]) * target
    assert np.abs(pair.fake - exact).max() <= 0.5 + 1e-4
    assert pair.mask.max() == 0.5


def test_one_copy_is_changed_and_the_other_is_the_crop() -> None:
    image, _ = crop()
    chances = []
    for number in range(200):
        source, target = copies(image, settings(), random(number))
        assert (source is image) != (target is image)
        chances.append(target is image)
    assert 0.4 < np.mean(chances) < 0.6
    never, always = settings({"transform.on_source": 0.0}), settings({"transform.on_source": 1.0})
    assert all(copies(image, never, random(number))[0] is image for number in range(10))
    assert all(copies(image, always, random(number))[1] is image for number in range(10))


def test_where_nothing_is_drawn_fake_and_real_are_the_crop() -> None:
    image, places = crop()
    pair = self_blend(image, places, settings(STILL), random(1))
    np.testing.assert_array_equal(pair.real, image)
    np.testing.assert_array_equal(pair.fake, image)
    assert pair.mask.max() == 1


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    for one, other in zip(pairs(6), pairs(6), strict=True):
        for name in ("real", "fake", "mask"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert len({pair.fake.tobytes() for pair in pairs(6)}) == 6


def test_bytes_do_not_follow_the_number_of_threads() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        alone = [pair.fake.tobytes() for pair in pairs(4)]
        cv2.setNumThreads(2)
        assert [pair.fake.tobytes() for pair in pairs(4)] == alone
    finally:
        cv2.setNumThreads(before)


def test_ratios_are_those_of_the_list_each_as_often_as_it_stands_there() -> None:
    tops = np.array([pair.mask.max() for pair in pairs(150)])
    assert set(tops.tolist()) == {0.25, 0.5, 0.75, 1.0}
    # Three of six; four deviations of 150 throws.
    assert abs((tops == 1).mean() - 0.5) < 4 * np.sqrt(0.25 / 150)


def test_a_mirrored_crop_gives_the_pair_of_the_crop_mirrored_by_hand() -> None:
    image, places = crop()
    mirror = self_blend(image, places, settings({"flip": 1.0}), random(5))
    turned = np.ascontiguousarray(image[:, ::-1])
    by_hand = self_blend(turned, mirrored(places, 256), settings({"flip": 0.0}), random(5))
    for name in ("real", "fake", "mask"):
        np.testing.assert_array_equal(getattr(mirror, name), getattr(by_hand, name))


def test_the_mask_follows_a_mirror_to_the_other_side() -> None:
    # A turned head, whose mask is not symmetric.
    frames = person("bob")
    frame = int(np.argmax([abs(pose.yaw) for pose in frames.poses]))
    image, places = crop("bob", frame)
    plain, other = (self_blend(image, places, settings(STILL | {"flip": flip}), random(1)).mask for flip in (0.0, 1.0))
    assert np.abs(other - plain[:, ::-1]).mean() < 0.002
    assert np.abs(plain - plain[:, ::-1]).mean() > 0.004


def test_nothing_far_from_the_mask_tells_the_members_apart_after_the_augmentation() -> None:
    """Neither resizing nor JPEG nor noise: all that is common happens to both alike."""
    image, places = crop()
    operations = {name: settings_of(name) for name in ("downscale", "flip", "tint", "noise", "jpeg", "blur")}
    policy = Policy({name: given.model_copy(update={"p": 0.7}) for name, given in operations.items()}, seed=2)
    for number in range(12):
        pair = self_blend(image, places, settings(), random(2, number))
        real, fake, mask = together(pair, policy.draw((256, 256), f"c/video/{number}", 1))
        # How far a change may spread: a block of JPEG's halved colours is 16 wide, and resizing reads a few pixels.
        far = cv2.dilate((mask > 0).astype(np.uint8), np.ones((81, 81))) == 0
        assert far.sum() > 1000
        assert torch.equal(real[:, far], fake[:, far])
        assert not torch.equal(real, fake)


def test_the_mask_goes_along_with_the_augmentation() -> None:
    image, places = crop()
    pair = self_blend(image, places, settings(), random(1))
    real, fake, mask = together(pair, policy_of("flip").draw((256, 256), "c/video", 1))
    np.testing.assert_array_equal(mask, pair.mask[:, ::-1])
    np.testing.assert_array_equal(real.permute(1, 2, 0), pair.real[:, ::-1])
    np.testing.assert_array_equal(fake.permute(1, 2, 0), pair.fake[:, ::-1])


def test_members_of_many_pairs_have_equal_noise_and_blocks_outside_the_mask() -> None:
    """The statistics a shortcut would use: energy of the finest detail, and steps at JPEG's borders."""

    def detail(picture: Image, where: np.ndarray) -> float:
        return float(np.abs(cv2.Laplacian(picture.astype(np.float32), cv2.CV_32F))[where].mean())

    for pair in pairs(10):
        outside = cv2.dilate((pair.mask > 0).astype(np.uint8), np.ones((3, 3))) == 0
        assert detail(pair.real, outside) == detail(pair.fake, outside)


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (np.full((5, 2), 9.0), "different places"),
        (np.full((5, 2), np.nan), "different places"),
        (np.zeros((7, 2)), "not 7 x 2"),
    ],
)
def test_landmarks_that_are_no_face_are_an_error(places: np.ndarray, said: str) -> None:
    image, _ = crop()
    with pytest.raises(DataError, match=said):
        self_blend(image, places, settings({"flip": 0.0}), random(0))


def test_landmarks_beyond_the_crop_are_an_error_for_the_fake_would_be_its_original() -> None:
    image, places = crop()
    with pytest.raises(DataError, match="outside the crop"):
        self_blend(image, places + 2000, settings(), random(0))


def test_a_tiny_face_still_gives_a_fake() -> None:
    image, places = crop()
    small = np.ascontiguousarray(cv2.resize(image, (24, 24)))
    for number in range(10):
        pair = self_blend(small, (places + 0.5) * 24 / 256 - 0.5, settings(), random(number))
        assert pair.mask.max() >= 0.25


def test_landmarks_lie_in_the_crop_where_the_face_was_aligned_to() -> None:
    film = person("ann")
    places = in_crop(film.points[0, :5], ALIGNMENT)
    # Marks drawn into the frame are found again where they should be.
    marked = film.frames[0].copy() * 0
    for x, y in film.points[0, :5]:
        cv2.circle(marked, (round(float(x) * 16), round(float(y) * 16)), 24, (255, 255, 255), -1, shift=4)
    seen = align(marked, film.points[0, :5], ALIGNMENT)
    count, _, _, centres = cv2.connectedComponentsWithStats((seen[..., 0] > 100).astype(np.uint8))
    assert count == 6
    nearest = [min(float(np.hypot(*(place - centre))) for centre in centres[1:]) for place in places]
    assert max(nearest) < 1.0
