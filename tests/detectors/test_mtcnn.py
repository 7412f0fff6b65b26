"""MTCNN: weights and networks are those of facenet-pytorch, and what the networks see is where it should be."""

import pickle
from pathlib import Path
from typing import Any

import cv2
import facenet_pytorch
import numpy as np
import pytest
import torch
from facenet_pytorch.models import mtcnn

from unmask.detect.mtcnn import networks
from unmask.detect.mtcnn.pyramid import Pyramid
from unmask.detect.mtcnn.weights import read, tensors

NETS: dict[str, Any] = {"pnet": mtcnn.PNet, "rnet": mtcnn.RNet, "onet": mtcnn.ONet}
SHAPES = [
    ("pnet", (3, 40, 58)), ("pnet", (1, 12, 12)), ("pnet", (2, 14, 300)), ("rnet", (5, 24, 24)), ("onet", (3, 48, 48)),
]  # fmt: skip
DATA = Path(facenet_pytorch.__file__).parent / "data"


def noise(*shape: int) -> Any:
    return np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("name", NETS)
def test_weights_are_those_that_torch_reads(name: str) -> None:
    ours, theirs = read(name), torch.load(DATA / f"{name}.pt", weights_only=True)
    assert list(ours) == list(theirs)
    for key, value in theirs.items():
        np.testing.assert_array_equal(ours[key], value.numpy())


def test_a_file_that_names_code_is_refused() -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return eval, ("1 / 0",)

    written: list[Any] = [1, 2, 3, {"conv1.weight": Evil()}, []]
    parts = [pickle.dumps(part, 2) for part in written]
    with pytest.raises(pickle.UnpicklingError, match=r"it names __builtin__\.eval"):
        tensors(b"".join(parts))


@pytest.mark.parametrize("cut", [10, 500, 20_000])
def test_a_file_that_is_cut_short_is_refused(cut: int) -> None:
    with pytest.raises((EOFError, ValueError, pickle.UnpicklingError)):
        tensors((DATA / "pnet.pt").read_bytes()[:cut])


@pytest.mark.parametrize(("name", "shape"), SHAPES)
@pytest.mark.parametrize("load", [networks.load, networks.by_torch])
def test_networks_answer_as_those_of_the_library(name: str, shape: tuple[int, ...], load: Any) -> None:
    pixels = noise(*shape, 3)
    with torch.inference_mode():
        seen = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - 127.5) / 128
        *rest, scores = (output.numpy() for output in NETS[name]()(seen))
    found = load(name)(pixels)
    assert found.dtype == np.float32
    np.testing.assert_allclose(1 / (1 + np.exp(-found[:, 0])), scores[:, 1], atol=1e-5)
    np.testing.assert_allclose(found[:, 1:], np.concatenate(rest, axis=1), atol=1e-4)


@pytest.mark.parametrize(("name", "shape"), SHAPES)
def test_what_goes_through_together_changes_no_bit(name: str, shape: tuple[int, ...]) -> None:
    net, pixels = networks.load(name), noise(*shape, 3)
    np.testing.assert_array_equal(net(pixels), np.concatenate([net(one[None]) for one in pixels]))


def ramps(height: int, width: int) -> Any:
    """Draw a picture of which the colours say the place: x in red, y in green."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y, np.full_like(x, 9)], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("shape", [(96, 200), (97, 201), (203, 131)])
def test_whole_pictures_keep_their_places(shape: tuple[int, int]) -> None:
    seen = Pyramid([ramps(*shape)], 12)
    for size in ((shape[1] // 2 * 2, shape[0] // 2 * 2), (60, 50), (30, 14)):
        (found,), pixel = seen.whole(size)
        y, x = np.mgrid[: size[1], : size[0]]
        expected = np.stack([(x + 0.5) * pixel[0] - 0.5, (y + 0.5) * pixel[1] - 0.5], axis=-1)
        inside = found[1:-1, 1:-1, :2].astype(float) - expected[1:-1, 1:-1]
        # Halving rounds up, each time.
        assert np.abs(inside).max() < 2.1
        assert np.abs(inside.mean()) < 1.3


def test_squares_are_cut_where_they_lie_and_are_black_outside() -> None:
    seen = Pyramid([np.zeros((200, 240, 3), np.uint8), ramps(200, 240) | 1], 12)
    boxes = np.array([[40, 30, 64, 54], [101, 60, 181, 150], [-30, -20, 70, 70], [300, 300, 340, 340]], np.float32)
    squares = seen.squares(boxes, 24)
    centres, sides = (squares[:, :2] + squares[:, 2:]) / 2, squares[:, 2:] - squares[:, :2]
    assert (sides[:, 0] == sides[:, 1]).all()
    assert np.abs(sides[:, 0] - (boxes[:, 2:] - boxes[:, :2]).max(1)).max() <= 2
    assert np.abs(centres - (boxes[:, :2] + boxes[:, 2:]) / 2).max() <= 2
    patches = seen.patches(np.array([1, 1, 1, 1]), squares, 24)
    np.testing.assert_array_equal(patches[0], ramps(200, 240)[30:54, 40:64] | 1)
    step = (squares[1, 2] - squares[1, 0]) / 24
    expected = squares[1, 0] + (np.arange(24) + 0.5) * step - 0.5
    assert np.abs(patches[1, 12, :, 0] - expected).max() < 3
    assert (patches[2, 0] == 0).all()
    assert (patches[2, -1, -1] > 0).all()
    assert (patches[3] == 0).all()
    assert (seen.patches(np.array([0]), squares[:1], 24) == 0).all()


def test_a_picture_is_halved_by_averaging() -> None:
    image = noise(2, 40, 64, 3)
    whole, _ = Pyramid(list(image), 12).whole((32, 20))
    for one, found in zip(image, whole, strict=True):
        np.testing.assert_array_equal(found, cv2.resize(one, (32, 20), interpolation=cv2.INTER_AREA))
