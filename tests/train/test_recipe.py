"""Recipes: a mistake is named with its line, and a recipe survives writing."""

from pathlib import Path
from typing import Any

import pytest
from toy_faces import write_recipe
from train.operations import OPERATIONS

from unmask.errors import ParamsError
from unmask.train.recipe import Recipe, dump, load


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__lr": "high"}, r"r\.yaml, line \d+: `train\.lr` .*\(given: 'high'\)"),
        ({"train__rate": 1}, r"`train\.rate` is an unknown key"),
        ({"augment__flip": {"p": 1.5}}, r"line \d+: `augment\.flip\.p` must be a number from 0 to 1 "),
        ({"augment__flop": {"p": 0.5}}, r"line \d+: `augment\.flop`: unknown operation `flop`; did you mean `flip`\?"),
        ({"augment__spin": {"p": 0.5}}, "unknown operation `spin`; there are: blur, colour, downscale, flip, jpeg"),
        ({"augment__flip": None}, r"`augment\.flip` must be a mapping with the key `p` \(given: nothing\)"),
        ({"augment__jpeg": {"p": 0.5, "quality": [90, 40]}}, r"`augment\.jpeg\.quality` must be a range \[from, to\]"),
        ({"model__weights": "model.pth"}, r"must be `none`, `hub` or the path of a \.safetensors file"),
        ({"train__warmup_epochs": 9}, r"`warmup_epochs` must be below `epochs`"),
    ],
)
def test_mistake_in_a_recipe_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        load(write_recipe(tmp_path / "r.yaml", **changes))


def test_line_of_a_mistake_is_that_of_the_file(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "r.yaml", augment__jpeg={"p": 2, "quality": [1, 2]})
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.strip() == "p: 2")
    with pytest.raises(ParamsError, match=rf"line {line}: `augment\.jpeg\.p`"):
        load(path)


def test_recipe_survives_writing(tmp_path: Path) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml", augment=OPERATIONS))
    (tmp_path / "again.yaml").write_text(dump(recipe))
    again: Recipe = load(tmp_path / "again.yaml")
    assert again == recipe
    assert list(again.augment) == list(OPERATIONS)
