"""The command that tries self-blended images on real video: its plan, its numbers, and what it does not do twice."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bench.real import measure, page, plan
from bench.real.__main__ import PLAN
from bench.real.room import Room
from sklearn.metrics import roc_auc_score

from unmask.errors import DataError
from unmask.evaluate.params import Params
from unmask.params import parse
from unmask.split.params import Params as Split
from unmask.train.recipe import Recipe

INTERVALS = Params(seed=1, draws=200, confidence=0.95)


def videos(seed: int) -> pd.DataFrame:
    """Give swaps with their originals, one swap without, other reals and other fakes, in two folds."""
    rng = np.random.default_rng(seed)
    kinds = [(1, f"p{n}") for n in range(9)] + [(0, f"p{n}") for n in range(8)] + [(0, None)] * 6 + [(1, None)] * 4
    table = pd.DataFrame(kinds, columns=["label", "pair"])
    table["fold"] = [int(str(pair)[-1]) % 2 if pair else number % 2 for number, (_, pair) in enumerate(kinds)]
    table["cluster"] = [pair or f"c{number}" for number, (_, pair) in enumerate(kinds)]
    return table.assign(score=rng.normal(size=len(table)) + table["label"], video=range(len(table)))


def test_numbers_are_those_of_scikit_learn() -> None:
    table = videos(1)
    found = measure.measure(table, INTERVALS)
    assert found.counts == (9, 8, 8, 14, 4)
    some = table[table["pair"].notna()]
    assert found.swaps.value == pytest.approx(roc_auc_score(some["label"], some["score"]))
    reals = table[(table["label"] == 0) | table["pair"].notna()]
    assert found.reals.value == pytest.approx(roc_auc_score(reals["label"], reals["score"]))
    others = table[(table["label"] == 0) | table["pair"].isna()]
    assert found.others.value == pytest.approx(roc_auc_score(others["label"], others["score"]))
    parts = [part for _, part in some.groupby("fold")]
    sizes = [(part["label"] == 1).sum() * (part["label"] == 0).sum() for part in parts]
    aucs = [roc_auc_score(part["label"], part["score"]) for part in parts]
    assert found.within.value == pytest.approx(np.average(aucs, weights=sizes))
    wide = some.pivot(index="pair", columns="label", values="score").dropna()
    assert found.paired.value == pytest.approx((wide[1] > wide[0]).mean())
    for number in (found.swaps, found.within, found.paired, found.reals):
        assert number.ends is not None
        assert number.ends[0] <= number.value <= number.ends[1]


def test_folds_that_score_on_other_scales_count_within_folds_alone() -> None:
    table = videos(2)
    moved = table.assign(score=table["score"] + 100 * table["fold"])
    before, after = measure.measure(table, INTERVALS), measure.measure(moved, INTERVALS)
    assert after.within == before.within
    assert after.paired == before.paired
    assert after.swaps != before.swaps


def test_every_try_is_a_recipe_and_a_split(tmp_path: Path) -> None:
    wanted = plan.load(PLAN)
    jobs = list(Room(tmp_path, tmp_path).jobs(wanted))
    assert len(jobs) == len(wanted.tries) * wanted.folds
    assert len({job.out for job in jobs}) == len(jobs)
    for job in jobs:
        recipe = parse(Recipe, job.recipe, PLAN)
        # No swap trains, and none chooses: reals alone are learned from, and no score takes an epoch.
        assert recipe.blend != "none"
        assert recipe.train.select == "last"
        split = parse(Split, job.params["split"], PLAN)
        assert (split.folds, split.fold) == (wanted.folds, job.fold)


def test_done_is_what_the_same_settings_made(tmp_path: Path) -> None:
    wanted = plan.load(PLAN)
    job, other = list(Room(tmp_path, tmp_path).jobs(wanted))[:2]
    job.out.mkdir(parents=True)
    assert not job.done
    (job.out / "settings.json").write_text(job.text)
    assert job.done
    other.out.mkdir(parents=True)
    (other.out / "settings.json").write_text(job.text)
    assert not other.done
    Room(tmp_path, tmp_path).work_off([job], at_a_time=1)  # nothing is left to do: no clip is asked for


def test_crops_belong_to_all_that_they_are_made_by(tmp_path: Path) -> None:
    wanted = plan.load(PLAN)
    other = wanted.model_copy(update={"params": wanted.params | {"detect.detector.min_face": 0.4}})
    (tmp_path / "data").mkdir()
    made = [next(iter(Room(tmp_path, tmp_path).jobs(one))) for one in (wanted, other)]
    (tmp_path / "data/index.csv").write_text("file,label\n")
    made.append(next(iter(Room(tmp_path, tmp_path).jobs(wanted))))
    assert len({job.crops for job in made}) == len({job.text for job in made}) == 3


def test_a_change_leaves_all_else() -> None:
    before = {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    assert plan.changed(before, {"a.c.d": 4, "e": {}}) == {"a": {"b": 1, "c": {"d": 4}}, "e": {}}
    assert before == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
    with pytest.raises(KeyError):
        plan.changed(before, {"f.g": 1})


def test_the_page_has_a_row_and_a_word_for_every_try() -> None:
    wanted = plan.load(PLAN)
    found = {name: measure.measure(videos(number), INTERVALS) for number, name in enumerate(wanted.tries)}
    text = page.page(wanted, found, dict.fromkeys(found, 0.75), dict.fromkeys(found, 12.4))
    for name, one in wanted.tries.items():
        assert text.count(f"| `{name}` |") == 1
        assert f"- `{name}`: {one.says}." in " ".join(text.split())
    assert "9 swaps, 8 originals (8 of the swaps have theirs), 14 real videos in all, 4 talking heads" in text
    first, *others = wanted.tries
    less = page.page(wanted, {first: found[first]}, {first: 0.75}, dict.fromkeys(found, 12.4))
    assert [f"| `{name}` | not run |" in less for name in (first, *others)] == [False] + [True] * len(others)
    with pytest.raises(DataError, match="no try has all of its folds"):
        page.page(wanted, {}, {}, {})
