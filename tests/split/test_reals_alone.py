"""Reals alone are enough to train on; validation still needs both classes."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from split.listed import both
from split_tables import Row, Stage, assigned, row, swaps, table

from unmask.errors import DataError
from unmask.split.balance import balance


def people(count: int, corpus: str = "mine") -> list[Row]:
    """People with two real videos each."""
    return [row(f"{n:03d}/{take}", 0, [f"p{n:03d}"], corpus) for n in range(count) for take in range(2)]


@pytest.mark.parametrize("how", ["none", "undersample", "weights", "pairs"])
def test_reals_train_and_another_corpus_validates(how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage(tmp_path, [*people(40), *swaps(80)])
    found = stage.run(train_on=["mine"], validate_on=["a"], balance=how)
    train, val = stage.manifest("train"), stage.manifest("val")
    assert set(train["corpus"]) == {"mine"}
    assert set(train["label"]) == {0}
    assert (train["weight"] == 1).all()
    assert set(val["corpus"]) == {"a"}
    assert set(val["label"]) == {0, 1}
    assert found["splits"]["train"]["fake"] == 0
    assert found["corpora"]["mine"]["splits"]["train"]["methods"] == {}
    # Nobody is balanced away, and metadata cannot tell a class that is not there.
    assert set(found["corpora"]["mine"]["left_out"]) <= {"straddling"}
    assert found["corpora"]["mine"]["coverage"]["fake"] == {"videos": 0, "no_face": 0}
    assert found["probe"]["mine"]["all"] is None
    assert not found["probe"]["mine"]["warns"]
    said = capsys.readouterr().err
    assert "train of mine has no fake video, so only recipes with `blend` can learn from it" in said


def test_reals_beside_a_corpus_with_fakes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage(tmp_path, [*people(40), *swaps(80)])
    stage.run(**both("a", "mine"), balance="undersample")
    train = stage.manifest("train").drop_duplicates("video")
    balanced = train.loc[train["corpus"] == "a", "label"]
    assert balanced.mean() == 0.5
    assert set(train.loc[train["corpus"] == "mine", "label"]) == {0}
    assert "train of mine has no fake video, beside those of a: without `blend`" in capsys.readouterr().err
    Stage(tmp_path / "both", swaps(80)).run()
    assert "no fake video" not in capsys.readouterr().err


def test_balance_of_other_corpora_does_not_see_reals_alone() -> None:
    mixed = table(swaps(20))
    videos = pd.concat([mixed, table(people(5))], ignore_index=True)
    for how in ("undersample", "weights", "pairs"):
        found = balance(videos, how, 1)
        alone = balance(mixed, how, 1)
        pd.testing.assert_series_equal(found[found.index < len(mixed)], alone, check_names=False)
        assert np.array_equal(found[found.index >= len(mixed)], np.ones(10))


def test_fakes_may_be_left_out_of_training_alone() -> None:
    rows = [*swaps(80), *swaps(80, "b")]
    found = assigned(rows, train_on=["a"], validate_on=["b"], leave_out=["a/deep", "a/neural"])
    trained = [one for one in rows if found[one["video"]] == "train"]
    assert trained
    assert all(one["label"] == 0 for one in trained)
    assert {one["label"] for one in rows if found[one["video"]] == "val"} == {0, 1}


def test_folds_of_reals_and_of_others_are_dealt() -> None:
    rows = [*people(60), *swaps(120)]
    found = assigned(rows, train_on=["mine"], validate_on=["a"], folds=4, fold=1)
    places = {(one["corpus"], found[one["video"]]) for one in rows if found[one["video"]][0] != "-"}
    assert places == {("mine", "train"), ("mine", "test"), ("a", "val"), ("a", "test")}


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        (
            people(40),
            both("mine"),
            r"^mine is to be trained on and validated on but has no fake video; reals are enough",
        ),
        (
            [*people(40), *people(40, "more")],
            {"train_on": ["mine"], "validate_on": ["mine", "more"]},
            r"^mine, more are to be validated on but have no fake video; .* to `split.validate_on`\.$",
        ),
        (
            [*swaps(80), *(one for one in swaps(80, "b") if one["label"])],
            {"train_on": ["b"], "validate_on": ["a"]},
            r"^b is to be trained on \(`split.train_on`\) but has no real video",
        ),
        (
            [*people(40), *(one for one in swaps(80, "b") if one["label"])],
            {"train_on": ["mine"], "validate_on": ["b"]},
            r"^b is to be validated on but has no real video\. Add",
        ),
    ],
)
def test_what_is_missing_is_one_error(rows: list[Row], changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        assigned(rows, **changes)


def test_fakes_of_train_without_a_face_are_no_reals_alone(tmp_path: Path) -> None:
    rows = swaps(80)
    found = assigned(rows)
    blind = [one["video"] for one in rows if one["label"] and found[one["video"]] == "train"]
    with pytest.raises(DataError, match="No fake video in train of a has a face"):
        Stage(tmp_path, rows, blind).run()
