"""The section `probes`: a mistake is one error that names line, key and what is right, before anything runs."""

from pathlib import Path
from typing import Any

import pytest
from probe.probing import HEADS, SEQUENCE, section
from toy_faces import write_recipe

from unmask.errors import ParamsError
from unmask.probe.head import choices, find, names
from unmask.probe.params import load


def test_heads_are_found_by_name() -> None:
    assert names() == sorted(HEADS)
    assert {name for name in names() if find(name).TEMPORAL} == {"gru", "lstm", "transformer"}


def test_section_is_read(tmp_path: Path) -> None:
    plan = load(write_recipe(tmp_path / "mine.yaml", probes=section()))
    assert plan.recipe == "mine"
    assert list(plan.heads) == list(HEADS)
    assert [len(choices(settings)) for _, settings in plan.heads.values()] == [1, 2, 2, 2, 1, 1, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": {"lstn": {}}}, r"line \d+: `probes\.heads\.lstn`: unknown head `lstn`; did you mean `lstm`\?"),
        ({"heads": {"zzz": {}}}, r"unknown head `zzz`; there are: gru, knn, logistic, lstm, mean, svm, transformer"),
        ({"heads": {"knn": HEADS["knn"] | {"neighbours": []}}}, r"`probes\.heads\.knn\.neighbours` must"),
        ({"heads": {"knn": HEADS["knn"] | {"neighbours": [0]}}}, r"`probes\.heads\.knn\.neighbours\.0` must"),
        ({"heads": {"knn": {"neighbours": [1]}}}, r"`probes\.heads\.knn\.metric` is missing"),
        ({"heads": {"svm": HEADS["svm"] | {"kernel": ["poly"]}}}, r"`probes\.heads\.svm\.kernel\.0` must be .*linear"),
        ({"heads": {"svm": HEADS["svm"] | {"gamma": [-1.0]}}}, r"`probes\.heads\.svm\.gamma\.0` must be"),
        ({"heads": {"svm": HEADS["svm"] | {"degree": 3}}}, r"`probes\.heads\.svm\.degree` is an unknown key"),
        (
            {"heads": {"transformer": SEQUENCE | {"heads": [2, 3]}}},
            r"`probes\.heads\.transformer`: `width` must be a multiple of `heads`; 8 is none of 3",
        ),
        (
            {"heads": {"gru": HEADS["gru"] | {"width": [7]}}},
            r"`probes\.heads\.gru\.width\.0` must be an even whole number",
        ),
        ({"heads": {"gru": HEADS["gru"] | {"dropout": [1.0]}}}, r"`probes\.heads\.gru\.dropout\.0` must be"),
        ({"heads": {"gru": HEADS["gru"] | {"longest": 0.01}}}, r"`longest` must be at least `shortest` \(0\.1\)"),
        ({"heads": {"gru": HEADS["gru"] | {"length": 1}}}, r"`probes\.heads\.gru\.length` must be"),
        ({"heads": {"gru": HEADS["gru"] | {"length": "some"}}}, r"`probes\.heads\.gru\.length` must be"),
        ({"network": "best"}, r"`probes\.network` must be .*trained"),
        ({"network": "pretrained"}, r"`probes`: `heads\.mean` averages the trained head"),
        ({"faces_per_video": 0}, r"`probes\.faces_per_video` must be"),
        ({"head": {}}, r"`probes\.head` is an unknown key"),
    ],
)
def test_mistakes_are_told_with_their_place(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "toy.yaml", probes=section(**changes))
    with pytest.raises(ParamsError, match=message) as told:
        load(path)
    assert str(told.value).startswith(str(path))
    assert "line " in str(told.value)


def test_the_guide_shows_every_head(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "probe.md").read_text(encoding="utf-8")
    shown = text.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "shown.yaml").write_text(f"seed: 1\n{shown}")
    assert sorted(load(tmp_path / "shown.yaml").heads) == names()
    table = text.partition("|---|")[2].partition("\n\n")[0]
    assert all(f"`{name}`" in table for name in names())


def test_a_recipe_without_the_section_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="`probes` is missing; it must be"):
        load(write_recipe(tmp_path / "toy.yaml"))
