"""`unmask check` says before anything is decoded what cannot learn from reals alone."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from project import ROOT

from unmask import params
from unmask.errors import UnmaskError
from unmask.index.entry import FAKE, REAL, Entry
from unmask.rehearse import Check, checks, validates

BLENDED = Path("recipes/sbi_real.yaml")
PLAIN = Path("recipes/patch_demo.yaml")
HEADS: dict[str, Any] = {
    "mean": {}, "knn": {"neighbours": [5], "metric": ["cosine"]},
    "svm": {"kernel": ["linear"], "c": [0.1], "gamma": ["scale"]},
}  # fmt: skip


@pytest.fixture(autouse=True)
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def entries(corpus: str, *labels: int) -> dict[str, Entry]:
    methods = {REAL: "", FAKE: "Swap"}
    made = [
        Entry(f"{n}.mp4", label, methods[label], "", (), f"{corpus}:{n}", None, None) for n, label in enumerate(labels)
    ]
    return {f"{corpus}/{n}": entry for n, entry in enumerate(made)}


CORPORA = {
    "mine": entries("mine", REAL, REAL), "more": entries("more", REAL), "swaps": entries("swaps", REAL, FAKE),
}  # fmt: skip


def said(recipe: Path, *, seen: Any = None, **split: Any) -> list[str]:
    """Give what is said of a recipe for some keys of `split`; weights that are not there do not count."""
    sections: dict[str, Any] = {name: params.load(name) for name in ("extract", "split", "corpora", "crop")}
    sections["split"] = sections["split"].model_copy(update=split)
    sections["corpora"] = sections["corpora"].model_copy(update={"root": dict.fromkeys(CORPORA)})
    found = []
    known = CORPORA if seen is None else seen
    rehearsed: list[Check] = [*checks(recipe, sections, known), partial(validates, sections, known)]
    for check in rehearsed:
        try:
            check()
        except UnmaskError as error:
            found.append(str(error))
    return [one for one in found if "weights/" not in one]


def with_heads(folder: Path, names: list[str]) -> Path:
    """Write the recipe that blends with some heads."""
    text = BLENDED.read_text().replace("heads: {}", f"heads: {{{', '.join(f'{n}: {HEADS[n]}' for n in names)}}}")
    path = folder / "blended.yaml"
    path.write_text(text)
    return path


def test_a_recipe_without_blend_needs_a_fake_in_some_corpus_that_trains() -> None:
    (one,) = said(PLAIN, train_on=("mine", "more"), validate_on=("swaps",))
    assert re.match(rf"{PLAIN}, line \d+: `blend` is `none`", one)
    assert "no corpus of `split.train_on` (mine, more) has a fake video" in one
    assert said(PLAIN, train_on=("mine", "swaps"), validate_on=("swaps",)) == []
    (one,) = said(PLAIN, train_on="all", validate_on=("swaps",), leave_out=("swaps",))[:1]
    assert "(mine, more)" in one


def test_a_recipe_with_blend_learns_from_reals(tmp_path: Path) -> None:
    for heads in ([], ["mean"]):
        assert said(with_heads(tmp_path, heads), train_on=("mine",), validate_on=("swaps",)) == []


def test_heads_that_learn_need_fakes_whatever_is_blended(tmp_path: Path) -> None:
    recipe = with_heads(tmp_path, ["mean", "knn", "svm"])
    (one,) = said(recipe, train_on=("mine",), validate_on=("swaps",))
    assert "`probes.heads`: `knn`, `svm` must learn from real and fake videos" in one
    assert "`split.train_on` (mine) has a fake video" in one
    assert said(recipe, train_on=("mine", "swaps"), validate_on=("swaps",)) == []


def test_what_validates_needs_fakes_whatever_is_blended(tmp_path: Path) -> None:
    (one,) = said(BLENDED, train_on=("mine",), validate_on=("mine", "more"))
    assert one.startswith("params.yaml, line ")
    assert "`split.validate_on` (mine, more) names no corpus that has a fake video" in one


def test_fakes_that_are_left_out_do_not_count() -> None:
    two = said(PLAIN, train_on=("swaps",), validate_on=("swaps",), leave_out=("swaps/swap",))
    assert ["`split.train_on` (swaps)" in two[0], "`split.validate_on` (swaps)" in two[1]] == [True, True]
    assert said(PLAIN, train_on=("swaps",), validate_on=("swaps",), leave_out=("other",)) == []


def test_nothing_is_said_of_a_corpus_that_is_not_there_yet() -> None:
    seen = {name: CORPORA[name] for name in ("mine", "more")}
    assert said(PLAIN, seen=seen, train_on="all", validate_on=("swaps",)) == []
