"""Operations that move pixels: against NumPy, torchvision and closed forms; places and masks follow."""

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from augment.operations import array, drawn, face, settings_of, tensor
from numpy.typing import NDArray
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from unmask.augment.change import Changes, after
from unmask.augment.policy import Policy

MOVING = ("flip", "rotate", "affine", "zoom")


def dot(x: float, y: float, height: int = 90, width: int = 120, spread: float = 2) -> NDArray[np.uint8]:
    """Draw a soft bright dot whose middle is at a place between pixels."""
    rows, columns = np.mgrid[0:height, 0:width]
    light: NDArray[np.float64] = 250 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * spread**2))
    return np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def middle(light: NDArray[Any]) -> NDArray[np.float64]:
    """Find the centre of mass of what is bright, x and y."""
    weights = light.astype(float)
    rows, columns = np.mgrid[0 : light.shape[0], 0 : light.shape[1]]
    found: NDArray[np.float64] = np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()
    return found


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.parametrize("seed", range(4))
def test_matrix_takes_a_place_to_where_its_pixels_go(name: str, seed: int) -> None:
    changes = Changes([drawn(name, (90, 120), seed)])
    for place in [(60.0, 44.0), (52.3, 50.7), (66.0, 38.5)]:
        seen = middle(array(changes(tensor(dot(*place))))[..., 0])
        assert np.abs(seen - changes.points(place)).max() < 0.12


def test_matrices_of_several_operations_join_in_their_order() -> None:
    policy = Policy({name: settings_of(name) for name in ("rotate", "flip", "affine", "noise")}, seed=3)
    changes = policy.draw((90, 120), "a", 1)
    assert [step.matrix is None for step in changes.steps] == [False, False, False, True]
    quiet = Changes(changes.steps[:-1])
    place = (57.0, 47.0)
    assert np.abs(middle(array(quiet(tensor(dot(*place))))[..., 0]) - changes.points(place)).max() < 0.15
    steps = [step.matrix for step in quiet.steps if step.matrix is not None]
    assert np.allclose(after(after(steps[0], steps[1]), steps[2]), changes.matrix)
    assert changes.points(np.zeros((2, 5, 2))).shape == (2, 5, 2)
    assert changes.mirrored
    assert not Changes(quiet.steps[:1]).mirrored


@pytest.mark.parametrize("name", MOVING)
def test_masks_follow_the_pixels(name: str) -> None:
    given: dict[str, Any] = {"border": "black"} if name == "affine" else {}
    changes = Changes([drawn(name, (90, 120), 2, **given)])
    picture = dot(60, 45, spread=5)
    mask = changes.mask(picture[..., 0].astype(np.float32))
    assert mask.dtype == np.float32
    difference = np.abs(mask - array(changes(tensor(picture)))[..., 0])
    assert difference.max() < 4


@pytest.mark.parametrize("quarters", [1, 2, -1])
def test_quarter_turns_are_those_of_numpy(quarters: int) -> None:
    picture = face(64, 64)
    for change in (
        drawn("rotate", (64, 64), degrees=90 * quarters),
        drawn("affine", (64, 64), degrees=90 * quarters, scale=1, shift=0),
    ):
        assert np.array_equal(array(change.apply(tensor(picture))), np.rot90(picture, quarters))


def test_flip_is_that_of_numpy_and_lands_on_pixels() -> None:
    change = drawn("flip", (96, 128))
    assert np.array_equal(array(change.apply(tensor(face()))), face()[:, ::-1])
    # The eye of a face at the left edge is then at the right edge, in the last pixel's centre.
    assert np.array_equal(Changes([change]).points([0, 7]), [127, 7])


def test_rotation_is_that_of_opencv() -> None:
    change = drawn("rotate", (96, 128), degrees=17)
    assert np.allclose(Changes([change]).matrix, cv2.getRotationMatrix2D((63.5, 47.5), 17, 1))


def test_affine_is_that_of_torchvision() -> None:
    image = tensor(face())
    given: dict[str, Any] = {"degrees": 12, "scale": 1.1, "shift": 0.05, "border": "black"}
    ours = drawn("affine", (96, 128), **given).apply(image)
    # torchvision counts angles clockwise and shifts in pixels.
    theirs = functional.affine(
        image,
        angle=-12,
        translate=[0.05 * 128, 0.05 * 96],
        scale=1.1,
        shear=[0.0],
        interpolation=InterpolationMode.BILINEAR,
    )
    inside = (slice(None), slice(16, 80), slice(16, 112))
    difference = (ours[inside].int() - theirs[inside].int()).abs()
    assert difference.max() <= 3
    assert difference.float().mean() < 0.5


def test_border_is_what_was_chosen() -> None:
    white = torch.full((3, 40, 40), 255, dtype=torch.uint8)
    shown = {
        border: drawn("affine", (40, 40), degrees=0, scale=1, shift=0.25, border=border).apply(white).float().mean()
        for border in ("black", "replicate", "reflect")
    }
    assert shown["replicate"] == shown["reflect"] == 255
    assert shown["black"] == pytest.approx(255 * 0.75**2)


def test_zoom_shows_the_part_and_nothing_outside_the_picture() -> None:
    picture = face(80, 80)
    half = array(drawn("zoom", (80, 80), share=0.5, place="centre").apply(tensor(picture)))
    theirs = cv2.resize(picture[20:60, 20:60], (80, 80), interpolation=cv2.INTER_CUBIC)
    # At the part's edge ours sees what lies beyond it.
    assert np.abs(half[4:-4, 4:-4].astype(int) - theirs[4:-4, 4:-4]).max() <= 4
    corners = []
    for seed in range(200):
        change = drawn("zoom", (80, 120), seed, share=0.6)
        inverse = cv2.invertAffineTransform(Changes([change]).matrix)
        edges = np.array([[-0.5, -0.5], [119.5, 79.5]]) @ inverse[:, :2].T + inverse[:, 2]
        assert (edges[0] >= -0.5 - 1e-9).all()
        assert (edges[1] <= np.array([119.5, 79.5]) + 1e-9).all()
        assert np.allclose(edges[1] - edges[0], [72, 48])
        corners.append(edges[0] + 0.5)
    # Anywhere: both corners are neared, x from 0 to 48 and y from 0 to 32.
    assert (np.min(corners, axis=0) < 2).all()
    assert (np.max(corners, axis=0) > [46, 30]).all()


def test_a_shift_to_the_right_and_down_is_positive() -> None:
    moved = drawn("affine", (40, 40), degrees=0, scale=1, shift=0.25, border="black").apply(tensor(dot(10, 8, 40, 40)))
    assert np.allclose(middle(array(moved)[..., 0]), [20, 18], atol=0.05)
