"""Changing values in the text of a recipe: only they change, and what is read back is what was meant."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from unmask.search.keys import changed, names
from unmask.search.rewrite import rewrite

# One with most kinds of values and nested sections, and a plain one.
RECIPES = [Path(__file__).parent.parent.parent / "recipes" / f"{name}.yaml" for name in ("mobile_demo", "hecto_v2")]
VALUES: list[Any] = [
    0, -3, 0.1, 1e-7, 3.14e-05, True, None, "none", "1e-3", "yes", "5", "", "a: b # c", [1, [2.5]], [], {},
    {"z": 1, "a": {"p": 0.5, "q": [-8, 8]}},
]  # fmt: skip


def read(text: str) -> Any:
    return YAML(typ="safe").load(text)


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_any_key_can_be_changed_alone(path: Path) -> None:
    text = path.read_text()
    values = read(text)
    for number, key in enumerate([*names(values)][::6]):
        value = VALUES[number % len(VALUES)]
        found = rewrite(text, {key: value})
        assert read(found) == changed(values, {key: value}), key
        # What stood outside of the value stands there still, comments and empty lines too.
        before, after = text.splitlines(), found.splitlines()
        kept = [line for line in before if line.startswith("#") or not line]
        assert [line for line in after if line.startswith("#") or not line] == kept, key


def test_many_values_at_once_change_only_their_lines() -> None:
    text = RECIPES[0].read_text()
    new = {"train.lr": 0.125, "model.head": {"name": "plain", "more": [1]}, "predict.batch": 3, "seed": 7}
    found = rewrite(text, new)
    assert read(found) == changed(read(text), new)
    pairs = zip(text.splitlines(), found.splitlines(), strict=True)
    assert [after.strip() for before, after in pairs if before != after] == [
        "seed: 7", "head: {name: plain, more: [1]}", "lr: 0.125", "batch: 3",
    ]  # fmt: skip


def test_keys_come_in_the_order_given_and_long_values_stay_on_one_line() -> None:
    value = {f"k{number}": [number] * 20 for number in (3, 1, 2)}
    found = rewrite("a: 1\n# end\n", {"a": value})
    assert found.splitlines()[1:] == ["# end"]
    assert list(read(found)["a"]) == ["k3", "k1", "k2"]
