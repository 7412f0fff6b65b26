"""Recipes: a mistake is named with its line, and a recipe survives writing."""

from pathlib import Path
from typing import Any

import pytest
from toy_faces import write_recipe

from unmask.errors import ParamsError
from unmask.train.recipe import Recipe, dump, load


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train__lr": "high"}, r"r\.yaml, line \d+: `train\.lr` .*\(given: 'high'\)"),
        ({"train__rate": 1}, r"`train\.rate` is an unknown key"),
        ({"model__weights": "model.bin"}, r"must be `none`, `hub` or the path of a file \.safetensors, \.pth or"),
        ({"train__warmup_epochs": 9}, r"`warmup_epochs` must be below `epochs`"),
    ],
)
def test_mistake_in_a_recipe_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        load(write_recipe(tmp_path / "r.yaml", **changes))


def test_line_of_a_mistake_is_that_of_the_file(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "r.yaml", train__patience="some")
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.strip() == "patience: some")
    with pytest.raises(ParamsError, match=rf"line {line}: `train\.patience`"):
        load(path)


def test_recipe_survives_writing(tmp_path: Path) -> None:
    recipe = load(write_recipe(tmp_path / "r.yaml"))
    (tmp_path / "again.yaml").write_text(dump(recipe))
    again: Recipe = load(tmp_path / "again.yaml")
    assert again == recipe
