"""68 points by ONNX: a tiny model made here, whatever it answers in, and every wrong file is told apart."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from sbi.answering import SIDE, brightest, model, options
from sbi.blending import crop, random, settings

from unmask.errors import DataError
from unmask.sbi.blend import self_blend
from unmask.sbi.landmarks import SWAP, five, mirrored
from unmask.sbi.landmarks68 import Finder, best
from unmask.sbi.shape import shape


def test_answers_become_places_in_the_crop_in_either_unit(tmp_path: Path) -> None:
    image, known = crop()
    truth = shape(known)[:68]
    in_input = (truth + 0.5) * SIDE / 256 - 0.5
    for units, answer in (("pixels", in_input[None]), ("shares", ((in_input + 0.5) / SIDE).reshape(1, 136))):
        finder = Finder(options(model(tmp_path / f"{units}.onnx", answer), units=units))
        np.testing.assert_allclose(finder(image), truth, atol=1e-3)


@pytest.mark.parametrize("view", [1.0, 0.7])
@pytest.mark.parametrize("colours", ["rgb", "bgr"])
def test_a_model_that_looks_finds_the_spot_where_it_is(tmp_path: Path, view: float, colours: str) -> None:
    image = np.zeros((200, 260, 3), np.uint8)
    cv2.circle(image, (150, 90), 12, (255, 0, 0) if colours == "rgb" else (0, 0, 255), -1)
    finder = Finder(options(brightest(tmp_path / "m.onnx"), view=view, colours=colours, units="shares"))
    assert np.abs(finder(image) - [150, 90]).max() < 0.6


def test_68_points_make_the_mask_and_are_mirrored_with_the_crop(tmp_path: Path) -> None:
    image, known = crop()
    points = shape(known)[:68]
    points[:17] = 0.8 * points[:17] + 0.2 * points[30]  # a narrower jaw than the template's
    narrow = self_blend(image, points, settings({"flip": 0.0}), random(1))
    wide = self_blend(image, known, settings({"flip": 0.0}), random(1))
    assert (narrow.mask > 0).sum() < 0.95 * (wide.mask > 0).sum()
    by_hand = self_blend(image[:, ::-1].copy(), mirrored(points, 256), settings({"flip": 0.0}), random(2))
    mirror = self_blend(image, points, settings({"flip": 1.0}), random(2))
    np.testing.assert_array_equal(by_hand.fake, mirror.fake)


def test_swapping_twice_is_nothing_and_names_stay_on_their_side() -> None:
    for count, order in SWAP.items():
        assert sorted(order) == list(range(count))
        np.testing.assert_array_equal(np.array(order)[order], np.arange(count))
    points = shape(crop()[1])[:68]
    np.testing.assert_allclose(five(mirrored(points, 256)), mirrored(five(points), 256))
    np.testing.assert_allclose(mirrored(mirrored(points, 256), 256), points)


def test_points_that_are_not_about_the_face_give_way_to_the_five() -> None:
    _, known = crop()
    points = shape(known)[:68]
    assert best(points, known) is points
    np.testing.assert_array_equal(best(points + 40, known), known)
    np.testing.assert_array_equal(best(np.full((68, 2), np.nan), known), known)


def test_wrong_files_are_told_apart(tmp_path: Path) -> None:
    good = options(model(tmp_path / "good.onnx", np.zeros((1, 68, 2))))
    text = tmp_path / "text.onnx"
    text.write_text("no model")
    cases = [
        (good.model_copy(update={"weights": str(tmp_path / "none.onnx")}), "does not exist"),
        (good.model_copy(update={"sha256": "0" * 64}), "is not the file that `sha256` names"),
        (options(text), "onnxruntime cannot load"),
        (options(model(tmp_path / "few.onnx", np.zeros((1, 5, 2)))), r"answers \[1, 5, 2\]; .*68 x 2"),
        (options(model(tmp_path / "free.onnx", np.zeros((1, 68, 2)), "side")), r"it must take \[1, 3, height, width\]"),
    ]
    for wrong, said in cases:
        with pytest.raises(DataError, match=said) as raised:
            Finder(wrong)
        assert "`blend.points.weights`" in str(raised.value)
