"""Official lists: they stand where they can, and what they tear apart is dropped and reported."""

from collections import Counter
from pathlib import Path

import pytest
from split.listed import FF, STRADDLERS, both, straddling
from split_tables import Row, Stage, assigned, official_ffpp, protocol_of, row, swaps

from unmask.split.kept import write_kept


def test_official_pairs_stand() -> None:
    rows = official_ffpp()
    found = protocol_of(rows)
    assert found.rules == {"a": "official"}
    assert found.split.tolist() == [one["split"] for one in rows]
    assert not found.why.any()


def test_identity_in_two_official_splits_stays_in_the_protected_one() -> None:
    rows = official_ffpp()
    # 000 (train) and 030 (val) are one person; 002 (train) and 036 (test) too; 032 (val) and 038 (test) too.
    for one in rows:
        for couple in (("000", "030"), ("002", "036"), ("032", "038")):
            if {f"a:{name}" for name in couple} & set(one["identities"]):
                one["identities"] = sorted({*one["identities"], f"a:person{couple}"})
    found = assigned(rows)
    out = [one for one in rows if found[one["video"]] == "-straddling"]
    assert {one["split"] for one in out} == {"train", "val"}
    # The swaps of 000 with 001 go, the real 001 stays.
    assert len(out) == 3 * (1 + 4)
    assert {found[one["video"]] for one in rows if one["split"] == "test"} == {"test"}


def test_sources_in_two_official_splits_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = straddling()
    found = protocol_of(rows, **both(FF))
    assert found.split.tolist() == [one["split"] for one in rows]
    assert found.dealing["listed_apart"] == {
        "youtube:one": {"train": 5, "val": 5}, "youtube:two": {"train": 5, "test": 5},
        "youtube:three": {"val": 5, "test": 5},
    }  # fmt: skip
    Stage(tmp_path, rows).run(**both(FF))
    assert "`split.straddling: drop`" in capsys.readouterr().err


def test_sources_in_two_official_splits_are_dropped_from_the_less_protected(tmp_path: Path) -> None:
    rows = straddling()
    found = assigned(rows, straddling="drop", **both(FF))
    gone = {"youtube:one": "train", "youtube:two": "train", "youtube:three": "val"}
    for one in rows:
        lost = any(gone[source] == one["split"] for source in one["sources"])
        assert found[one["video"]] == ("-straddling" if lost else one["split"])
    audited = Stage(tmp_path, rows).run(straddling="drop", **both(FF))
    assert audited["left_out"]["straddling"]["videos"] == 15


def test_source_clips_stay_together_when_they_are_dealt() -> None:
    rows = [one | {"split": None} for one in straddling()]
    found = assigned([*rows, *swaps(200, "b")], straddling="report", **both(FF, "b"))
    for couple in STRADDLERS.values():
        assert len({found[f"{FF}/real/{n:03d}"] for n in couple}) == 1


def test_test_only_corpus_with_and_without_list() -> None:
    rows = [*official_ffpp(), *swaps(8, "b"), *swaps(8, "c")]
    for one in rows:
        if one["corpus"] == "c" and "c:001" in one["identities"]:
            one["split"] = "test"
    found = protocol_of(rows)
    assert found.rules == {"a": "official", "b": "all_test", "c": "test_list"}
    where = assigned(rows)
    assert {where[one["video"]] for one in rows if one["corpus"] == "b"} == {"test"}
    assert all(where[one["video"]] == (one["split"] or "-not_listed") for one in rows if one["corpus"] == "c")


def test_val_is_dealt_out_of_an_official_train() -> None:
    rows = swaps(200)
    for one in rows:
        one["split"] = "test" if one["cluster"] >= "a:160" else "train"
    found = protocol_of(rows)
    assert found.rules == {"a": "val_dealt"}
    assert all(found.split[one["video"]] == "test" for one in rows if one["split"] == "test")
    counts = Counter(found.split[one["video"]] for one in rows if one["split"] == "train")
    assert set(counts) == {"train", "val"}
    assert 0.05 < counts["val"] / counts.total() < 0.35


def test_people_between_an_official_train_and_test_are_never_tested() -> None:
    """As in DFDC: parts train or test; where a fake ties them, the fake goes, and train is not tested."""
    rows = swaps(200)
    for one in rows:
        one["split"] = "test" if one["cluster"] >= "a:160" else "train"
    ties = [row(f"tie/{n}", 1, [f"{n:03d}", f"{n + 160:03d}"], split="train") for n in range(0, 40, 2)]
    # A fake in the list of train makes its people trained, but for those whom test claims.
    before, after = assigned(rows), assigned([*rows, *ties])
    assert {after[one["video"]] for one in ties} == {"-straddling"}
    assert {after[one["video"]] for one in rows if one["split"] == "train"} == {"train", "val"}
    assert {after[one["video"]] for one in rows if one["split"] == "test"} == {"test"}
    # Who is dealt to val may change with the ties, but not how many go there.
    for found in (before, after):
        held = [found[f"a/real/{n:03d}"] == "val" for n in range(40)]
        assert 0 < sum(held) < 20


def test_clips_of_an_official_train_stay_out_of_test_when_one_is_tied_to_it() -> None:
    rows = swaps(200)
    for one in rows:
        one["split"] = "test" if one["cluster"] >= "a:160" else "train"
    rows += [row(f"clip/{n:03d}", 0, [f"{n:03d}"], pair=f"a/token{n % 160}") for n in (*range(40), *range(160, 200))]
    found = assigned(rows)
    assert {found[f"a/clip/{n:03d}"] for n in range(160, 200)} == {"test"}
    assert {found[f"a/clip/{n:03d}"] for n in range(40)} == {"-straddling"}
    assert {found[f"a/real/{n:03d}"] for n in range(40)} <= {"train", "val"}


def partly_listed(corpus: str, **last: str) -> list[Row]:
    """Reals of people below a number are listed, and nobody else."""
    rows = swaps(100, corpus)
    for one in rows:
        below = [split for split, end in last.items() if one["cluster"] < f"{corpus}:{end}"]
        one["split"] = below[0] if below and one["label"] == 0 else None
    return rows


def test_list_of_celeb_df_is_not_followed_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = partly_listed("celeb_df", test="030")
    stage = Stage(tmp_path, rows)
    found = stage.run(**both("celeb_df"))
    assert found["corpora"]["celeb_df"]["rule"] == "dealt"
    listed = {one["video"] for one in rows if one["split"]}
    elsewhere = listed - set(stage.manifest("test")["video"])
    assert found["corpora"]["celeb_df"]["not_as_listed"] == len(elsewhere) > 0
    trained = listed & set(stage.manifest("train")["video"])
    assert f"train of celeb_df has {len(trained)} of its official test videos" in capsys.readouterr().err


@pytest.mark.parametrize("last", [{"test": "020"}, {"test": "020", "val": "030"}, {"val": "020"}])
def test_list_without_train_stands_and_the_rest_is_dealt(
    last: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = partly_listed("a", **last)
    found = protocol_of(rows)
    assert found.rules == {"a": "rest_dealt"}
    assert all(found.split[one["video"]] == one["split"] for one in rows if one["split"])
    assert {found.split[one["video"]] for one in rows if not one["split"]} == {"train", "val", "test"}
    Stage(tmp_path, rows).run()
    assert "official" not in capsys.readouterr().err


def test_kept_people_of_an_official_test_who_are_trained_on_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_kept({"a:038": "train", "a:039": "train", "a:gone": "val"}, tmp_path / "kept.csv")
    Stage(tmp_path, official_ffpp()).run()
    said = capsys.readouterr().err
    assert "train of a has 6 of its official test videos" in said
    assert "1 of the 3 names in the kept list are borne by no video, `a:gone`" in said


def test_folds_count_what_an_official_list_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Stage(tmp_path, official_ffpp()).run(folds=3)
    assert "120 of 120 videos of a have an official split, which does not count" in capsys.readouterr().err


def test_a_corpus_that_loses_much_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = official_ffpp()
    Stage(tmp_path, rows).run()
    assert "`straddling`" not in capsys.readouterr().err
    ties = [row(f"tie/{n}", 1, [f"{n % 28:03d}", f"{34 + n % 6:03d}"], split="train") for n in range(31)]
    Stage(tmp_path, [*rows, *ties]).run()
    assert "a loses 31 of 151 videos" in capsys.readouterr().err
