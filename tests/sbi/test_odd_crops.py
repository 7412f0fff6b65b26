"""Crops of odd landmarks: left out of a training in one warning, and whatever is not left out can be blended."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sbi.answering import SIDE, model, options
from sbi.blending import STILL, crop, random, settings, values
from toy_faces import write_recipe, write_split
from train.training import run

from unmask.crop.align import in_crop
from unmask.crop.params import Alignment
from unmask.errors import DataError
from unmask.sbi.blend import self_blend
from unmask.sbi.faults import OUTSIDE, faults
from unmask.sbi.shape import NO_FACE, likeness, model_of, shape
from unmask.sbi.training import Blending, blendable, placed
from unmask.split.tables import MANIFEST
from unmask.train.data import read_manifest

FACE = (crop()[1] + 0.5) * 40 / 256 - 0.5  # in a crop of 40 x 40 pixels
ODD = {
    "outside": FACE + 200, "half_outside": FACE + np.array([30, 0]), "far": (FACE - 20) * 30 + 20,
    "one_far": FACE * 1.0,
    "coinciding": np.full((5, 2), 20.0), "no_numbers": FACE * np.nan, "endless": FACE * np.inf,
    "no_face": 10 + 0.005 * FACE,
}  # fmt: skip
ODD["one_far"][4] = [1e30, 20]
NO_PLACES = {"coinciding", "no_numbers", "endless", "no_face"}
# Moves that take nearly every face out of its picture, and masks of which hardly a pixel stays.
HARSH = {
    "warp": {"x": 0.5, "y": 0.5, "scale": [0.5, 2]}, "mask.jitter": 0.5, "mask.elastic.alpha": 1000,
    "mask.erode": [1, 1], "mask.blur": [1, 1], "mask.sigma": [0.1, 0.1],
    "hulls": {"face": 1, "raised": 1, "brows": 1, "halves": 1, "inner": 1, "lower": 1},
}  # fmt: skip


def odd(places: Any, side: int = 40) -> list[bool]:
    return [any(both) for both in zip(*faults(np.asarray(places), (side, side)).values(), strict=True)]


def manifest(folder: Path, odd_rows: dict[int, np.ndarray]) -> Path:
    """Write real videos whose crops all have landmarks, some of them odd."""
    write_split(folder, "train", 5, labels=lambda i: 0)
    rows = list(MANIFEST.rows(folder / "train.parquet"))
    told = [row | {"landmarks": odd_rows.get(number, FACE).ravel().tolist()} for number, row in enumerate(rows)]
    return MANIFEST.write(told, folder / "train.parquet")


def test_whatever_passes_can_be_blended_whatever_is_drawn() -> None:
    draws, passed, fewest = np.random.default_rng(1), 0, 1.0
    for number in range(300):
        side = int(draws.integers(16, 60))
        # Faces of all sizes, turned, squeezed, mirrored and disturbed, in the crop and about it.
        change = draws.normal(0, 1, (2, 2)) * 10 ** draws.uniform(-3, 1.5)
        places = FACE @ change.T / 10 + draws.normal(0, draws.choice([0, 0.01, 3]), (5, 2))
        places += draws.choice([0, side / 2, side - 1]) + draws.normal(0, 0.3 * side) - places.mean(0)
        if odd([places], side)[0]:
            continue
        large = [[32, 32], [500, 600]][number % 5 == 0]
        pair = self_blend(
            np.zeros((side, side, 3), np.uint8), places, settings(HARSH | {"mask.side": large}), random(number)
        )
        passed, fewest = passed + 1, min(fewest, pair.mask.max())
    assert passed > 100
    assert fewest > 0.2


@pytest.mark.parametrize("name", ODD)
def test_what_does_not_pass_is_refused_in_the_same_words(name: str) -> None:
    found = faults(ODD[name][None], (40, 40))
    assert found[NO_FACE].tolist() == [name in NO_PLACES]
    said = NO_FACE if found[NO_FACE][0] else OUTSIDE
    with pytest.raises(DataError, match=f"a fake cannot be blended: {said}; leave out such crops"):
        self_blend(np.zeros((40, 40, 3), np.uint8), ODD[name], settings(STILL), random(1))


def test_every_aligned_face_passes_however_odd_its_landmarks_were() -> None:
    draws = np.random.default_rng(2)
    for margin in (0.5, 1.0, 1.6, 5.0):
        alignment = Alignment(size=40, margin=margin, interpolation="linear", border="black")
        places = [in_crop(draws.normal(0, 20, (5, 2)), alignment) for _ in range(200)]
        assert not faults(np.array(places), (40, 40))[OUTSIDE].any()


def test_likeness_is_the_size_of_a_face_and_nothing_where_there_is_none() -> None:
    known = model_of((5, 2))
    flat = known[:, :2] - known[:, :2].mean(0)
    assert likeness(known, 3 * flat[:, ::-1] * [1, -1]) == pytest.approx(9 * np.square(flat).sum())
    assert likeness(known, np.full((5, 2), 7.0)) == 0


def test_odd_crops_are_left_out_and_counted_in_one_warning(tmp_path: Path) -> None:
    path = manifest(tmp_path, {3: ODD["outside"], 9: ODD["coinciding"], 10: ODD["no_numbers"]})
    known = blendable(read_manifest(path, both=False), path)
    left, said = placed(known, path, tmp_path / "shards")
    assert left.num_rows == known.num_rows - 3 == 17
    kept = [row for number, row in enumerate(known.to_pylist()) if number not in (3, 9, 10)]
    assert left.to_pylist() == kept
    assert "of 3 of 20 real crops" in said
    assert f"such as toy/train00, frame 3, face 0: {OUTSIDE}; they are left out" in said


def test_a_manifest_without_odd_crops_stays_as_it_is(tmp_path: Path) -> None:
    path = manifest(tmp_path, {})
    known = blendable(read_manifest(path, both=False), path)
    left, said = placed(known, path, tmp_path / "shards")
    assert left is known
    assert said == ""


def test_a_manifest_of_odd_crops_alone_is_an_error(tmp_path: Path) -> None:
    path = manifest(tmp_path, dict.fromkeys(range(20), ODD["outside"]))
    known = blendable(read_manifest(path, both=False), path)
    with pytest.raises(
        DataError, match=r"of 20 of 20 real crops .* lie outside the crop\. Run `crop` and `split` again"
    ):
        placed(known, path, tmp_path / "shards")


def test_a_training_with_odd_crops_comes_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest(tmp_path, {0: ODD["outside"], 5: ODD["coinciding"]})
    write_split(tmp_path, "val", 4)
    sampling = {"name": "per_video", "crops": "all"}
    recipe = write_recipe(tmp_path / "toy.yaml", blend=values({}), train__epochs=2, train__sampling=sampling)
    assert (run(tmp_path, recipe, "out") / "model.safetensors").exists()
    assert capsys.readouterr().err.count("of 2 of 20 real crops with landmarks no fake can be blended") == 1


def test_points_of_a_model_that_cannot_be_blended_give_way_to_the_five(tmp_path: Path) -> None:
    image, known = crop()
    answer = (shape(known)[:68] + 0.5) * SIDE / 256 - 0.5
    answer[:17] = 1e6  # a jaw beyond all bounds, which the five do not see
    given = options(model(tmp_path / "m.onnx", answer[None])).model_dump()
    row = {"video": "v", "frame": 1, "face": 0, "landmarks": known.ravel().tolist()}
    pairs = [
        Blending(settings({"points": points}), 1)(torch.from_numpy(image).permute(2, 0, 1), row, 1)
        for points in (given, {"name": "template"})
    ]
    assert torch.equal(pairs[0][1], pairs[1][1])
