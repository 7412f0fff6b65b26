"""The study: plans that fit the recipes, experiments that resume, and the page."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bench import docs
from bench.study.compare import measure
from bench.study.experiments import experiments, overrides, starting
from bench.study.page import Study, page, table
from bench.study.plan import Plan, load
from dvc.utils.cli_parse import to_path_overrides  # type: ignore[import-untyped]
from dvc.utils.hydra import apply_overrides  # type: ignore[import-untyped]
from ruamel.yaml import YAML
from studied import ARM, DRAWS, PLAN, scores, written

from unmask import params
from unmask.errors import ParamsError
from unmask.probe import params as probes
from unmask.train import recipe

ROOT = Path(__file__).parent.parent
PLANS = [ROOT / "bench/study" / name for name in ("study.yaml", "ablation.yaml")]


def plan(tmp_path: Path, **changes: Any) -> Plan:
    """Write the plan above with changes, and read it."""
    return load(written(tmp_path, PLAN | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"questions": [PLAN["questions"][0] | {"pairs": {"x": [["other", "bse"]]}}]},
            "asks of `bse`; there are: base, b",
        ),
        ({"arms": {"base": ARM | {"start": "nobody"}}, "questions": []}, "`nobody` is no arm that starts from none"),
        ({"params": {"split.train_on": ["a"]}}, "must say `split.validate_on`"),
        ({"arms": {"Base case": ARM}, "questions": []}, "Base case"),
        ({"minutes": 0}, "minutes"),
        ({"seed": 3}, "seed"),
    ],
)
def test_a_wrong_plan_is_told_before_anything_runs(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(ParamsError) as error:
        plan(tmp_path, **changes)
    assert said in str(error.value)


def test_experiments_go_seed_by_seed_and_those_that_others_start_from_come_first(tmp_path: Path) -> None:
    found = experiments(plan(tmp_path))
    assert [one.name for one in found] == ["some-base-s1", "some-other-s1", "some-base-s2", "some-other-s2"]
    assert [one.start.name if one.start else "" for one in found] == ["", "some-base-s1", "", "some-base-s2"]
    assert len({one.version("code") for one in found}) == 4
    changed = experiments(plan(tmp_path, arms=PLAN["arms"] | {"base": ARM | {"change": {"train.lr": 1}}}, questions=[]))
    # What starts from a changed one is another one too.
    assert not {one.version("code") for one in found} & {one.version("code") for one in changed}


def test_a_grid_has_every_choice_with_every_other_and_compares_like_with_like(tmp_path: Path) -> None:
    axes = {"size": {"s": {}, "m": {"x": 1}, "l": {"x": 2}}, "head": {"plain": {}, "wide": {"y": 3}}}
    found = plan(tmp_path, arms={}, questions=[], grid={"base": ARM | {"change": {"z": 0}}, "axes": axes})
    assert list(found.trained()) == ["s-plain", "s-wide", "m-plain", "m-wide", "l-plain", "l-wide"]
    assert found.trained()["l-wide"].change == {"z": 0, "x": 2, "y": 3}
    size, head = found.asked()
    assert size.pairs["l against s"] == [("l-plain", "s-plain"), ("l-wide", "s-wide")]
    assert head.pairs == {"wide against plain": [(f"{one}-wide", f"{one}-plain") for one in "sml"]}


def test_dvc_takes_overrides_as_they_are_meant(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "# Kept.\nhead: {name: big, width: 3}\nweights: hub\nrate: 1\nnone: 5\ndeep: {list: [1], rest: 2}\n"
    )
    changes: dict[str, Any] = {
        "head": {"name": "it's", "on": [True, 0.001, 1e-05, [1, "2"]]},
        "weights": "weights/a-b_c.pth",
        "rate": "none",
        "none": None,
        "deep.list": [],
    }
    ((file, given),) = to_path_overrides(overrides(str(path), changes)).items()
    apply_overrides(file, given)
    nested = {"deep": {"list": [], "rest": 2}}
    assert YAML(typ="safe").load(path) == {k: v for k, v in changes.items() if "." not in k} | nested
    assert path.read_text().startswith("# Kept.\n")


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_every_arm_of_our_plans_is_a_recipe_that_is_right(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = load(path)
    monkeypatch.chdir(tmp_path)
    Path("recipes").mkdir()
    wanted = experiments(ours)[: len(ours.trained())]
    for one in wanted if ours.grid == "none" else (wanted[0], wanted[-1]):
        for name in ("params.yaml", f"recipes/{one.recipe}.yaml"):
            Path(name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
        start = starting(Path("weights/a.safetensors"), "0" * 64, one.recipe) if one.start else ()
        for file, given in to_path_overrides((*one.changes, *start)).items():
            apply_overrides(file, given)
        own = Path(f"recipes/{one.recipe}.yaml")
        assert recipe.load(own).seed == one.seed
        assert set(probes.load(own).heads) >= set(ours.trained()[one.arm].heads)
        assert list(dict(params.load("recipes"))["root"]) == [one.recipe]


def test_the_page_tells_every_comparison_and_marks_what_was_learned_from(tmp_path: Path) -> None:
    tables = {"base": scores(1, 0.3), "base+knn": scores(2, 0.3), "other": scores(3, 3.0)}
    both = {name: pd.concat([one, one.assign(corpus=c)]) for name, one in tables.items() for c in ("c",)}
    found = {name: {corpus: measure([one, one], corpus, DRAWS) for corpus in ("a", "c")} for name, one in both.items()}
    study = Study(plan(tmp_path), ["a", "c"], found, 0.95)
    # `other` learns from b, starts from what has learned from a, and is chosen on a: only c is new to it.
    assert study.places("other") == {"within": ["a"], "across": ["c"]}
    text = page(study)
    base = found["base"]["a"]
    assert f"| `base` | ({base.value:.2f} [" in text
    assert "**Is it?**" in text
    assert text.count("gains +0.") == 2
    assert "Who knows." in text
    lines = table(study).splitlines()
    assert lines[0] == "what,where,kind,value,low,high,seed_1,seed_2"
    assert len(lines) == 1 + 3 * 2 + 2


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_our_page_has_a_place_for_each_plan(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "page.md"
    copy.write_text((ROOT / "docs/study.md").read_text(encoding="utf-8"), encoding="utf-8")
    docs.renew(copy, path.stem, "new")
    assert f"<!-- {path.stem}: made by `make {path.stem}` -->\n\nnew\n" in copy.read_text(encoding="utf-8")
