"""Whether a space fits its recipe: each key is there, and each value is one that the recipe takes."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from itertools import permutations
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from unmask.errors import ParamsError, UnmaskError
from unmask.model.build import build
from unmask.params import at, placed, read_yaml
from unmask.search.part import KEYS, Space
from unmask.search.rewrite import rewrite
from unmask.search.told import shown
from unmask.train.optimise import build_optimizer
from unmask.train.recipe import ELSEWHERE, Recipe, checked
from unmask.wording import near

# What network and optimizer are built from.
BUILT = ("model", "input", "train.optimizer", "train.lr", "train.layer_decay", "train.weight_decay")
# What may not change from trial to trial, and why.
FIXED = {
    "seed": "a lucky seed makes no better recipe",
    "train.select": "trials are compared by it",
    "predict.batch": "it changes no more than the last bits of a score",
    **dict.fromkeys(ELSEWHERE, "no training depends on it"),
}


def check(space: Space, recipe: Path) -> list[Recipe]:
    """Check a space against its recipe.

    Args:
        space: The space.
        recipe: The recipe, a YAML file.

    Returns:
        The recipe, and one recipe for each end of a range and each choice, all else as it stands.

    Raises:
        ParamsError: The recipe is wrong, a key is not in it or may not change, a value is none that it takes, or no
            trial could ever be given up as the space says.
    """
    values = read_yaml(recipe)
    found = [_built(checked(values, recipe), recipe)]
    if found[0].train.select == "last":
        raise placed(recipe, "`train.select` is last, so no score tells which trial is better; name one to search by.")
    if wrong := list(_wrong(space, values, recipe)):
        raise ParamsError("\n".join(wrong))
    text = recipe.read_text(encoding="utf-8")
    for key, way in space.ways.items():
        for value in way.ends:
            try:
                found.append(_tried(key, value, values, text, recipe))
            except UnmaskError as error:
                said = re.sub(rf"^{re.escape(str(recipe))}(, line \d+)?: ", "", str(error), flags=re.MULTILINE)
                place = at(space.path, (KEYS, key))
                raise ParamsError(f"{place} has {shown(value)}, with which the recipe is wrong: {said}") from None
    _check_prune(space, max(plan.train.epochs for plan in found), recipe)
    return found


def names(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Give all dotted keys of a recipe, those that hold others included."""
    for name, value in values.items():
        yield f"{above}{name}"
        if isinstance(value, Mapping):
            yield from names(value, f"{above}{name}.")


def changed(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give a recipe's values with some of them replaced, by dotted key."""
    copy: dict[str, Any] = deepcopy(dict(values))
    for key, value in changes.items():
        *above, last = key.split(".")
        place = copy
        for name in above:
            place = place[name]
        place[last] = value
    return copy


def _wrong(space: Space, values: Mapping[str, Any], recipe: Path) -> Iterator[str]:
    known = list(names(values))
    for key in space.ways:
        place = at(space.path, (KEYS, key))
        fixed = next((name for name in FIXED if _within(key, name) or _within(name, key)), None)
        if key not in known:
            close = near(key, known)
            yield f"{place}: {recipe} has no such key" + (f"; did you mean `{close}`?" if close else ".")
        elif fixed:
            yield f"{place} cannot be searched over: `{fixed}` stays as it is, for {FIXED[fixed]}."
    for inner, outer in permutations(space.ways, 2):
        if _within(inner, outer):
            yield f"{at(space.path, (KEYS, inner))} lies within `{outer}`, which is searched over too."


def _check_prune(space: Space, epochs: int, recipe: Path) -> None:
    """Refuse to give trials up when they are over: after the last epoch nothing is left to be spared."""
    prune = space.file.prune
    if prune != "none" and prune.epochs >= epochs:
        raise ParamsError(
            f"{at(space.path, ('prune', 'epochs'))} must be below the {epochs} epochs that {recipe} trains (given: "
            f"{prune.epochs}), or no trial is ever given up."
        )


def _writes(text: str, key: str, value: Any, wanted: Mapping[str, Any]) -> bool:
    try:
        return bool(YAML(typ="safe").load(rewrite(text, {key: value})) == wanted)
    except YAMLError:
        return False


def _within(inner: str, outer: str) -> bool:
    return f"{inner}.".startswith(f"{outer}.")


def _tried(key: str, value: Any, values: Mapping[str, Any], text: str, recipe: Path) -> Recipe:
    """Check the recipe with one value changed."""
    one = changed(values, {key: value})
    plan = checked(one, recipe)
    if not _writes(text, key, value, one):
        raise ParamsError(f"`{key}` shares its value with another key by `*` or `&`; write it out.")
    return _built(plan, recipe) if key.startswith(BUILT) else plan


def _built(plan: Recipe, recipe: Path) -> Recipe:
    """Build the network and its optimizer, without what would have to be downloaded."""
    try:
        network = build(plan.model, plan.input, pretrained=plan.model.weights != "hub")
        build_optimizer(network, plan.train)
    except UnmaskError as error:
        raise placed(recipe, error) from None
    return plan
