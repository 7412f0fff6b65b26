"""Protocols: which corpus may train, and which corpus or method is left out."""

from collections import Counter
from pathlib import Path

import pytest
from split.listed import both, deeper
from split_tables import Row, Stage, assigned, official_ffpp, params, swaps, table

from unmask.errors import DataError, ParamsError
from unmask.split.sources import check_names, methods_of


def test_leave_one_corpus_out() -> None:
    rows = [*swaps(200, "a"), *swaps(200, "b"), *swaps(200, "c")]
    every = assigned(rows, train_on="all", validate_on="all")
    left = assigned(rows, train_on="all", validate_on="all", leave_out=["b"])
    assert {left[one["video"]] for one in rows if one["corpus"] == "b"} == {"test"}
    # The others are dealt as before.
    assert all(left[one["video"]] == every[one["video"]] for one in rows if one["corpus"] != "b")


def test_a_method_is_left_out_however_it_is_spelled_and_whatever_else_was_done() -> None:
    rows = [*swaps(200, "a"), *swaps(200, "b")]
    for one in rows:
        if one["method"] == "deep":
            one["method"] = "FaceSwap" if one["corpus"] == "a" else "faceswap+wav2lip"
    found = assigned(rows, **both("a", "b"), leave_out=["FACESWAP"])
    assert {found[one["video"]] for one in rows if one["method"] in ("FaceSwap", "faceswap+wav2lip")} == {
        "test", "-left_out",
    }  # fmt: skip
    assert all(found[one["video"]] != "-left_out" for one in rows if one["method"] == "neural")
    found = assigned(rows, **both("a", "b"), leave_out=["b/Wav2Lip"])
    assert {one["corpus"] for one in rows if found[one["video"]] == "-left_out"} == {"b"}
    check_names(["a", "b"], params(leave_out=["WAV2LIP", "b/FaceSwap"], train_on="all"), methods_of(table(rows)))


@pytest.mark.parametrize("name", ["deep", "a/deep"])
def test_leave_one_method_out(name: str) -> None:
    rows = [*swaps(200, "a"), *swaps(200, "b")]
    every = assigned(rows, **both("a", "b"))
    left = assigned(rows, **both("a", "b"), leave_out=[name])
    for one in rows:
        out = one["method"] == "deep" and (one["corpus"] == "a" or name == "deep") and every[one["video"]] != "test"
        assert left[one["video"]] == ("-left_out" if out else every[one["video"]])


def test_one_corpus_trains_and_another_validates() -> None:
    rows = [*swaps(200, "a"), *swaps(200, "b"), *official_ffpp()]
    for one in rows[-120:]:
        one["video"], one["corpus"] = f"c{one['video'][1:]}", "c"
        one["identities"] = [f"c{name[1:]}" for name in one["identities"]]
        one["cluster"], one["pair"] = f"c{one['cluster'][1:]}", one["pair"] and f"c{one['pair'][1:]}"
    found = assigned(rows, train_on=["a"], validate_on=["b"])
    assert {found[one["video"]] for one in rows if one["corpus"] == "a"} == {"train", "test"}
    counts = Counter(found[one["video"]] for one in rows if one["corpus"] == "b")
    assert set(counts) == {"val", "test"}
    assert 0.3 < counts["val"] / counts.total() < 0.7
    # A list that says train is no use to a corpus that only validates.
    found = assigned(rows, train_on=["a"], validate_on=["c"])
    expected = {"train": "-not_listed", "val": "val", "test": "test"}
    assert all(found[one["video"]] == expected[one["split"]] for one in rows[-120:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_on": ["z"]}, r"`split.train_on` names `z`, but `corpora` has only a, b"),
        ({"validate_on": ["z"]}, r"`split.validate_on` names `z`"),
        ({"leave_out": ["a"]}, r"`split.train_on` names `a`, but `split.leave_out` does too"),
        ({"train_on": "all", "validate_on": "all", "leave_out": ["a", "b"]}, r"leaves no corpus to `split.train_on`"),
        ({"leave_out": ["z/deep"]}, r"`split.leave_out` names `z/deep`, but `corpora` has only a, b"),
        ({"leave_out": ["a/swap"]}, r"`a/swap`, which is neither .*; the methods a/deep, a/neural"),
        ({"leave_out": ["deap"]}, r"`deap`, which is neither a corpus nor a method; .* the methods deep, neural"),
    ],
)
def test_names_that_are_not_there(changes: Row, message: str, tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=message):
        Stage(tmp_path, [*official_ffpp(), *swaps(4, "b")]).run(**changes)


def test_a_corpus_without_its_reals_says_which_corpus_has_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Stage(tmp_path, [*official_ffpp(), *deeper()]).run()
    said = capsys.readouterr().err
    assert "deeperforensics has no real video: its fakes were made from videos of `faceforensics`" in said
    assert "test of deeperforensics has no real video" in said


def test_what_trains_needs_reals_and_what_validates_both_classes() -> None:
    rows = [*official_ffpp(), *deeper()]
    with pytest.raises(DataError, match=r"deeperforensics is to be trained on .* has no real video"):
        assigned(rows, **both("a", "deeperforensics"))
    with pytest.raises(DataError, match="val has no fake video; both classes are needed"):
        assigned(rows, leave_out=["deep", "neural"])
