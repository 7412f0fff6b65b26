"""Models: what timm does not know or take, and weights that do or do not fit."""

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from toy_faces import write_recipe
from train.training import run

from unmask.errors import DataError, ParamsError
from unmask.train.model import build
from unmask.train.recipe import load


def test_unknown_backbone_suggests_close_names(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", model__backbone="mobilenet_v3_small")
    with pytest.raises(ParamsError, match=r"no model `mobilenet_v3_small`; the closest are: .*mobilenetv3_small"):
        run(toy, recipe, "out")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__optimizer": "adamv"}, "`train.optimizer`: timm has no `adamv`; the closest are: .*adamw"),
        (
            {"train__optimizer_options": {"bettas": 1}},
            "`train.optimizer_options`: timm.s `adamw` has no option",
        ),
        ({"model__options": {"colour": 1}}, "`model.options`: timm.s `test_resnet` has no option `colour`"),
    ],
)
def test_what_timm_does_not_take_is_one_error(toy: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        run(toy, write_recipe(toy / "toy.yaml", **changes), "out")


def test_weights_from_a_file_fill_all_but_the_classifier(tmp_path: Path) -> None:
    torch.manual_seed(1)
    save_file(timm.create_model("test_resnet", num_classes=7).state_dict(), tmp_path / "w.safetensors")
    recipe = load(write_recipe(tmp_path / "r.yaml", model__weights=str(tmp_path / "w.safetensors")))
    own = build(recipe.model, pretrained=True).state_dict()
    given = load_file(tmp_path / "w.safetensors")
    assert own["fc.weight"].shape[0] == 1
    assert all(torch.equal(own[name], given[name]) for name in own if not name.startswith("fc."))


def test_weights_that_do_not_fit_are_named(tmp_path: Path) -> None:
    given = timm.create_model("test_resnet", num_classes=7).state_dict()
    first, second, third = [name for name in given if not name.startswith("fc.")][:3]
    given["odd"] = given.pop(first)
    given[second] = torch.zeros(1, 2, 3)
    save_file(given, tmp_path / "w.safetensors")
    recipe = load(write_recipe(tmp_path / "r.yaml", model__weights=str(tmp_path / "w.safetensors")))
    with pytest.raises(DataError) as error:
        build(recipe.model, pretrained=True)
    said = str(error.value)
    assert f"1 missing ({first})" in said
    assert "1 unexpected (odd)" in said
    assert f"1 of another shape ({second})" in said
    assert third not in said


@pytest.mark.parametrize("content", [None, b"not tensors"])
def test_weights_that_cannot_be_read_are_one_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "w.safetensors").write_bytes(content)
    recipe = load(write_recipe(tmp_path / "r.yaml", model__weights=str(tmp_path / "w.safetensors")))
    with pytest.raises(DataError, match=r"the weights .* (do not exist|are not a readable)"):
        build(recipe.model, pretrained=True)
