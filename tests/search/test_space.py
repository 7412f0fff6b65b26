"""Spaces: the one of the project fits, each mistake is one clear error, and values are drawn as described."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from search.spaces import RATES, ROOT, write_recipe, write_space

from unmask.errors import ParamsError
from unmask.search import keys, part
from unmask.search.part import Choice, Range

# Both ways to give the values of a key.
FORMS = r"{low: \.\.\., high: \.\.\., log: \.\.\.} or {choice: \[\.\.\.\]}"
HEADS: list[dict[str, Any]] = [{"name": "plain"}, {"name": "fusion", "stages": [1, 2], "width": 8}]


@pytest.mark.parametrize("path", sorted((ROOT / "searches").glob("*.yaml")), ids=lambda path: path.stem)
def test_spaces_of_the_project_fit_the_recipes_of_their_names(path: Path) -> None:
    space = part.load(path)
    plans = keys.check(space, ROOT / "recipes" / path.name)
    assert len(plans) == 1 + sum(len(way.ends) for way in space.ways.values())


def test_every_end_and_choice_is_tried_alone(tmp_path: Path) -> None:
    space = part.load(write_space(tmp_path, {"train.lr": RATES, "model.head": {"choice": HEADS}}))
    plans = keys.check(space, write_recipe(tmp_path))
    assert [plan.train.lr for plan in plans] == [0.003, 1e-3, 1e-2, 0.003, 0.003]
    assert [plan.model.head.name for plan in plans] == ["plain"] * 4 + ["fusion"]


@pytest.mark.parametrize(
    ("key", "way", "said"),
    [
        ("train.lrr", RATES, r"toy\.yaml has no such key; did you mean `train\.lr`\?"),
        ("model.head.width", {"low": 1, "high": 9, "log": False}, r"has no such key"),
        ("train.lr", RATES | {"low": 1.0}, r"`low` \(1\.0\) must be below `high` \(0\.01\)"),
        ("train.lr", RATES | {"low": 0}, r"`low` must be above 0 where `log` is true"),
        ("train.lr", {"low": 1, "high": 2}, r"\.log` is missing"),
        ("train.lr", 3, rf"must be {FORMS} \(given: 3\)\."),
        ("train.lr", [0, 0.5], rf"must be {FORMS} \(given: \[0, 0\.5\]\); did you mean `{{choice: \[0, 0\.5\]}}`\?"),
        ("train.lr", {"choices": [0, 1]}, rf"must be {FORMS} \(given: .*\); did you mean `choice`\?"),
        ("train.lr", {"values": [0, 1]}, rf"must be {FORMS} \(given: {{values: \[0, 1\]}}\)\."),
        ("train.lr", RATES | {"low": "small"}, r"\.low` must be a number \(given: 'small'\)\."),
        ("train.lr", {"choice": [1]}, r"each another one \(given: \[1\]\)\."),
        ("train.lr", {"choice": [1]}, r"must be a list of two or more values, each another one"),
        ("train.lr", {"choice": 5}, r"must be a list of two or more values, each another one"),
        ("train.lr", {"choice": [1, 2, 1]}, r"must be a list of two or more values, each another one"),
        ("train.lr", {"choice": [1, 2], "log": True}, r"\.log` is an unknown key"),
        ("train.lr", RATES | {"low": -1.0, "log": False}, r"has -1\.0, .*: `train\.lr` must be a number above 0"),
        ("train.loss.name", {"choice": ["bce", "focl"]}, r"has focl, with which the recipe is wrong: `train\.loss"),
        ("model.backbone", {"choice": ["test_resnet", "resnt5"]}, r"timm has no model `resnt5`"),
        ("model.head", {"choice": [HEADS[0], HEADS[1] | {"stages": [99]}]}, r"`test_resnet` has no stage 99"),
        ("seed", {"low": 0, "high": 9, "log": False}, r"`seed` stays as it is, for a lucky seed makes no"),
        ("train.select", {"choice": ["loss", "video_auc"]}, r"`train\.select` stays as it is, for trials are compared"),
        ("train.optimizer", {"choice": ["adamw", "adamv"]}, r"timm has no `adamv`; the closest"),
        ("train", {"choice": [1, 2]}, r"`train\.select` stays as it is"),
        ("predict.batch", {"low": 8, "high": 64, "log": True}, r"`predict\.batch` stays as it is, for it changes no "),
        ("probes.network", {"choice": ["trained", "pretrained"]}, r"no training depends on it"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_one_error(tmp_path: Path, key: str, way: Any, said: str) -> None:
    recipe = write_recipe(tmp_path)
    with pytest.raises(ParamsError) as error:
        keys.check(part.load(write_space(tmp_path, {key: way})), recipe)
    assert re.fullmatch(rf".*space\.yaml, line \d+: `keys\.{re.escape(key)}.*{said}.*", str(error.value))


def test_where_no_score_chooses_there_is_nothing_to_search_by(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    recipe.write_text(recipe.read_text().replace("select: video_auc", "select: last"))
    with pytest.raises(ParamsError, match=r"`train\.select` is last, so no score tells which trial is better"):
        keys.check(part.load(write_space(tmp_path, {"train.lr": RATES})), recipe)


def test_what_lies_within_another_is_an_error(tmp_path: Path) -> None:
    ways = {"model.head": {"choice": HEADS}, "model.head.name": {"choice": ["plain", "fusion"]}}
    with pytest.raises(ParamsError, match=r"`keys\.model\.head\.name` lies within `model\.head`, which is searched"):
        keys.check(part.load(write_space(tmp_path, ways)), write_recipe(tmp_path))


def test_a_value_that_two_keys_share_is_an_error(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path)
    text = recipe.read_text()
    recipe.write_text(text.replace("mean: [0.5", "mean: &half [0.5").replace("std: [0.5, 0.5, 0.5]", "std: *half"))
    ways = {"input.std": {"choice": [[0.5, 0.5, 0.5], [0.2, 0.2, 0.2]]}}
    with pytest.raises(ParamsError, match=r"`input\.std` shares its value with another key"):
        keys.check(part.load(write_space(tmp_path, ways)), recipe)


def test_a_wrong_space_names_its_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"space\.yaml, line 3: `prune` must be "):
        part.load(write_space(tmp_path, {"train.lr": RATES}, prune="median"))
    with pytest.raises(
        ParamsError, match=r"line 4: `keys` must be a mapping of at least 1, names to values \(given: {}"
    ):
        part.load(write_space(tmp_path, {}))


@pytest.mark.parametrize(("epochs", "fits"), [(2, True), (3, False), (300, False)])
def test_trials_can_be_given_up_before_their_last_epoch_alone(tmp_path: Path, epochs: int, fits: bool) -> None:
    recipe = write_recipe(tmp_path)
    space = part.load(write_space(tmp_path, {"train.lr": RATES}, prune={"trials": 1, "epochs": epochs}))
    if fits:
        keys.check(space, recipe)
        return
    said = (
        rf"line 5: `prune\.epochs` must be below the 3 epochs that {re.escape(str(recipe))} trains \(given: {epochs}\)"
    )
    with pytest.raises(ParamsError, match=said):
        keys.check(space, recipe)


def test_of_epochs_that_are_searched_over_the_most_count(tmp_path: Path) -> None:
    ways = {"train.epochs": {"low": 2, "high": 9, "log": False}}
    keys.check(part.load(write_space(tmp_path, ways, prune={"trials": 1, "epochs": 8})), write_recipe(tmp_path))


def test_values_are_drawn_as_described() -> None:
    sampler = optuna.samplers.RandomSampler(seed=0)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=sampler)
    ways: dict[str, Range | Choice] = {
        "rate": Range(low=1e-5, high=1e-1, log=True),
        "share": Range(low=0, high=0.5, log=False),
        "count": Range(low=2, high=5, log=False),
        "head": Choice(choice=HEADS),
    }
    rows = []
    for _ in range(200):
        trial = study.ask()
        rows.append({key: way.draw(key, trial) for key, way in ways.items()})
    rates, shares = np.array([row["rate"] for row in rows]), np.array([row["share"] for row in rows])
    assert ((rates >= 1e-5) & (rates <= 1e-1)).all()
    assert abs(np.log10(rates).mean() + 3) < 0.3
    assert ((shares >= 0) & (shares <= 0.5)).all()
    assert abs(shares.mean() - 0.25) < 0.05
    # Short enough to be read in a recipe.
    assert all(float(f"{rate:.3g}") == rate for rate in rates)
    counts = {row["count"] for row in rows}
    assert counts == {2, 3, 4, 5}
    assert all(type(count) is int for count in counts)
    assert [sum(row["head"] == head for row in rows) > 60 for head in HEADS] == [True, True]
