"""The section `augment`: a mistake is one sentence with its line, and what is right survives writing."""

from pathlib import Path
from typing import Any

import pytest
from augment.operations import OPERATIONS
from toy_faces import write_recipe

from unmask.augment.part import Augment, compare, modules, names
from unmask.errors import ParamsError
from unmask.train.recipe import dump, load

FLIP = {"flip": {"p": 0.5}}
SOME = "augment__policies__some"
EXISTING = ", ".join(names())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {f"{SOME}__flip": {"p": 1.5}},
            "`augment.policies.some.flip.p` must be a number from 0 to 1 (given: 1.5).",
        ),
        ({f"{SOME}__flip": {"p": -0.1}}, "`augment.policies.some.flip.p` must be a number from 0 to 1 (given: -0.1)."),
        (
            {f"{SOME}__flop": {"p": 0.5}},
            f"`augment.policies.some.flop`: unknown operation `flop`; there are: {EXISTING}; did you mean `flip`?",
        ),
        (
            {f"{SOME}__elastic": {"p": 0.5}},
            f"`augment.policies.some.elastic`: unknown operation `elastic`; there are: {EXISTING}.",
        ),
        (
            {f"{SOME}__flip": None},
            "`augment.policies.some.flip` must be a mapping with the key `p` (given: nothing).",
        ),
        (
            {f"{SOME}__jpeg__quality": [90, 40]},
            "`augment.policies.some.jpeg.quality` must be a range [from, to] within 1 and 100, the smaller end first "
            "(given: [90, 40]).",
        ),
        ({f"{SOME}__jpeg__quality": []}, "`augment.policies.some.jpeg.quality` must be a list of 2, each a number "),
        ({f"{SOME}__jpeg__quality": [50]}, "`augment.policies.some.jpeg.quality` must be a list of 2, each a number "),
        ({f"{SOME}__jpeg__quality": 50}, "`augment.policies.some.jpeg.quality` must be a list of 2, each a number "),
        ({f"{SOME}__jpeg__subsampling": []}, "each item `420`, `422` or `444` (given: [])."),
        ({f"{SOME}__jpeg__subsampling": [411]}, "must be `420`, `422` or `444` (given: 411)."),
        ({f"{SOME}__jpeg__speed": 1}, "`augment.policies.some.jpeg.speed` is an unknown key; there can be `p`, "),
        ({"augment__default": "strong"}, "`augment.default`: unknown policy `strong`; there are: some."),
        ({"augment__default": "sme"}, "unknown policy `sme`; there are: some; did you mean `some`?"),
        ({"augment__corpora": {"dfdc": "weak"}}, "`augment.corpora.dfdc`: unknown policy `weak`; there are: some."),
        ({"augment__policies": {}}, "`augment.default`: unknown policy `some`; there is none."),
        ({"augment__policies": {"so/me": FLIP}}, "the name `so/me` may have only letters, digits, `_` and `-`."),
        ({"augment__corpora": None}, "`augment.corpora` must be a mapping of names to a text (given: nothing)."),
        ({"augment": FLIP}, "`augment.flip` is an unknown key; there can be `policies`, `default`, `corpora`."),
        (
            {f"{SOME}__one_of": {"p": 1, "of": {"flp": {"p": 1}}}},
            f"`augment.policies.some.one_of.of.flp`: unknown operation `flp`; there are: {EXISTING}; "
            "did you mean `flip`?",
        ),
        (
            {f"{SOME}__one_of": {"p": 1, "of": {"flip": {"p": 0}}}},
            "`augment.policies.some.one_of.of`: one operation at least must have a `p` above 0.",
        ),
    ],
)
def test_a_mistake_is_told_before_training(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    path = write_recipe(tmp_path / "r.yaml", **changes)
    with pytest.raises(ParamsError) as caught:
        load(path)
    assert any(said in line for line in str(caught.value).splitlines()), caught.value
    assert str(caught.value).startswith(f"{path}, line ")


def test_the_line_of_a_mistake_is_that_of_the_file(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "r.yaml", augment__policies__some__jpeg__p=2)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.strip() == "p: 2")
    with pytest.raises(ParamsError, match=rf"line {line}: `augment\.policies\.some\.jpeg\.p`"):
        load(path)


def test_every_operation_survives_writing(tmp_path: Path) -> None:
    part = {"policies": {"all": OPERATIONS, "none": {}}, "default": "none", "corpora": {"dfdc": "all"}}
    recipe = load(write_recipe(tmp_path / "r.yaml", augment=part))
    (tmp_path / "again.yaml").write_text(dump(recipe))
    again = load(tmp_path / "again.yaml")
    assert again == recipe
    assert list(again.augment.policies["all"]) == list(OPERATIONS)
    assert type(again.augment.policies["all"]["one_of"].of["noise"]) is type(recipe.augment.policies["all"]["noise"])


def test_code_version_knows_the_operations_of_all_policies(tmp_path: Path) -> None:
    held = {"one_of": {"p": 1, "of": {"grey": {"p": 1}, "sharpen": {"p": 1, "strength": [0, 1]}}}}
    part = {"policies": {"a": FLIP, "b": held}, "default": "a", "corpora": {}}
    found = modules(load(write_recipe(tmp_path / "r.yaml", augment=part)).augment)
    assert found == [f"unmask.augment.operations.{name}" for name in ("flip", "grey", "one_of", "sharpen")]


def test_a_corpus_that_does_not_train_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    part = Augment(policies={"a": {}}, default="a", corpora={"dfdc": "a", "celebdf": "a", "faceforensics": "a"})
    compare(part, ["faceforensics", "celeb_df", "celeb_df"])
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "warning: `augment.corpora` names `celebdf`, of which nothing is trained on; did you mean `celeb_df`?",
        "warning: `augment.corpora` names `dfdc`, of which nothing is trained on; there are: celeb_df, faceforensics.",
    ]
