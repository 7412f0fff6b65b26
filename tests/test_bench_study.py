"""The study: plans that fit the recipes, experiments that resume, and the page."""

import subprocess
import sys
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
from studied import DRAWS, scores

from unmask import params
from unmask.errors import ParamsError
from unmask.probe import params as probes
from unmask.train import recipe

ROOT = Path(__file__).parent.parent
PLANS = [ROOT / "bench/study" / name for name in ("study.yaml", "ablation.yaml")]
ARM: dict[str, Any] = {"recipe": "study", "params": {}, "change": {}, "heads": {}, "start": "none"}
PLAN: dict[str, Any] = {
    "name": "some",
    "seeds": [1, 2],
    "minutes": 5,
    "params": {"split.train_on": ["a"], "split.validate_on": ["a"]},
    "arms": {
        "base": ARM | {"heads": {"knn": {}}},
        "other": ARM | {"start": "base", "params": {"split.train_on": ["b"]}},
    },
    "grid": "none",
    "questions": [{"ask": "Is it?", "pairs": {"other": [["other", "base"]]}, "remark": "Who knows."}],
}


def written(tmp_path: Path, values: object) -> Path:
    """Write a plan."""
    path = tmp_path / "plan.yaml"
    YAML().dump(values, path)
    return path


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


STAGE = """
import sys, pathlib, yaml
import pandas as pd
name = sys.argv[1]
recipe = yaml.safe_load(pathlib.Path(f"recipes/{name}.yaml").read_text())
weights = recipe["model"]["weights"]
if weights != "none":
    assert pathlib.Path(weights).read_text() == f"network {recipe['seed']}", weights
model, out = pathlib.Path(f"data/60_train/{name}"), pathlib.Path(f"data/90_evaluate/{name}")
model.mkdir(parents=True), out.mkdir(parents=True)
(model / "model.safetensors").write_text(f"network {recipe['seed']}")
(model.parent / "runs").write_text(""), open(pathlib.Path(sys.argv[2]) / "runs", "a").write(f"{weights}\\n")
pd.DataFrame({"video": ["a", "b"], "corpus": "c", "label": [0, 1], "cluster": ["a", "b"],
              "logit": [0.0, float(recipe["seed"])]}).to_parquet(out / "videos.parquet")
"""
STAGES = """
stages:
  evaluate:
    foreach: ${recipes}
    do:
      cmd: python stages/stage.py ${item} FOLDER
      params:
        - recipes/${item}.yaml:
      outs:
        - data/60_train/${item}
        - data/90_evaluate/${item}
"""


RECIPE = "seed: 0\nmodel: {weights: none, sha256: ''}\nprobes: {heads: {}}\n"


def small_project(folder: Path) -> Path:
    """Write a project whose only stage notes that it ran, in the folder around it."""
    project = folder / "project"
    for name in ("recipes", "stages", "src", "data/50_split"):
        (project / name).mkdir(parents=True)
    (project / "data/50_split/train.parquet").write_bytes(b"")
    (project / "src/keep").write_text("")
    (project / "stages/stage.py").write_text(STAGE)
    (project / "dvc.yaml").write_text(STAGES.replace("FOLDER", str(folder)))
    (project / "dvc.lock").write_text("schema: '2.0'\n")
    (project / "params.yaml").write_text(
        "recipes: [study]\nsplit: {train_on: [c], validate_on: [c]}\ncorpora: {c: {layout: dfdc}}\n"
        "evaluate: {seed: 1, draws: 100, confidence: 0.9}\n"
    )
    (project / "recipes/study.yaml").write_text(RECIPE)
    (project / ".gitignore").write_text("/data\n/.cache\n/weights\n")
    return project


@pytest.mark.slow
def test_experiments_are_run_once_in_folders_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = small_project(tmp_path)
    some = {"split.train_on": ["c"], "split.validate_on": ["c"]}
    arms = {"base": ARM, "other": ARM | {"start": "base"}}
    path = written(tmp_path, PLAN | {"params": some, "arms": arms, "seeds": [7], "questions": []})
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'src'}")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "a@b")

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def study(*words: str, code: int = 0) -> str:
        return run(sys.executable, "-m", "bench.study", str(path), *words, code=code)

    run("git", "init", "-q")
    run(sys.executable, "-m", "dvc", "init", "-q")
    run("git", "add", ".")
    run("git", "commit", "-qm", "start")
    assert "there is no arm `bse`; there are: base, other" in study("--only", "bse", code=2)
    # Without a plan it is ours, and no option's value is taken for one.
    said = run(sys.executable, "-m", "bench.study", "--jobs", "2", "--write", "some.md", code=1)
    assert "bench/study/study.yaml does not exist" in said
    assert "0 of 1 experiments are done" in study("--jobs", "2", "--only", "base")
    assert "1 of 2 experiments are done" in study("--jobs", "2")
    assert (tmp_path / "runs").read_text() == "none\nweights/some-base-s7/model.safetensors\n"
    assert run("git", "status", "--porcelain") == ""
    assert "some-other-s7" in run(sys.executable, "-m", "dvc", "exp", "show", "--csv")
    # Nothing runs again, nor after a commit that changes nothing for them; what is not committed is refused.
    (project / "README.md").write_text("")
    run("git", "add", "README.md")
    run("git", "commit", "-qm", "words")
    assert "2 of 2 experiments are done" in study()
    assert (tmp_path / "runs").read_text().count("\n") == 2
    (project / "recipes/study.yaml").write_text(RECIPE + "# More.\n")
    assert "recipes/study.yaml" in study(code=1)
    # A failure is told with its log, and the others are kept.
    (project / "recipes/study.yaml").write_text(RECIPE.replace("none", "some.pth"))
    run("git", "commit", "-qam", "wrong")
    said = study(code=1)
    assert "some-base-s7 failed, see .cache/study/some-base-s7.log" in said
    assert "some-other-s7 waits" in said
