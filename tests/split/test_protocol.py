"""Protocols: official lists, homes in other corpora, and which corpus may train."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from split_tables import Row, Stage, assigned, official_ffpp, params, protocol_of, row, swaps, table

from unmask.errors import DataError, ParamsError
from unmask.split.kept import write_kept
from unmask.split.sources import check_names, methods_of

FF = "faceforensics"
# Split of each id of the FaceForensics++ below: 28 train, 6 validate, 6 test.
HOME = {n: "train" if n < 28 else "val" if n < 34 else "test" for n in range(40)}


def ffpp() -> list[Row]:
    rows = swaps(40, FF)
    for one in rows:
        one["split"] = HOME[int(one["cluster"].partition(":")[2])]
    return rows


def both(*names: str, **changes: Any) -> Row:
    return {"train_on": list(names), "validate_on": list(names), **changes}


# Official lists -------------------------------------------------------------------------------------------------------


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


STRADDLERS = {"one": (0, 30), "two": (2, 36), "three": (32, 38)}


def straddling() -> list[Row]:
    rows = ffpp()
    for one in rows:
        ids = {int(name.partition(":")[2]) for name in one["identities"]}
        one["sources"] = [f"youtube:{name}" for name, couple in STRADDLERS.items() if ids & set(couple)]
    return rows


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


# Names of another corpus ----------------------------------------------------------------------------------------------


def deeper() -> list[Row]:
    """DeeperForensics: targets of FF++, actors of its own, and lists that know nothing of those of FF++."""
    rows = []
    for n in range(40):
        split = ("train", "train", "val", "test")[n % 4]
        for actor in (n % 4, 4 + n % 4):
            rows.append(
                row(f"end_to_end/{n:03d}_M{actor}", 1, [f"{FF}:{n:03d}", f"M{actor}"], "deeperforensics",
                    method="end_to_end", cluster=f"{FF}:{n:03d}", pair=f"{FF}/real/{n:03d}", split=split)
            )  # fmt: skip
    return rows


def target(one: Row) -> int:
    return int(one["cluster"].partition(":")[2])


@pytest.mark.parametrize("trains", [[FF], [FF, "deeperforensics"], ["deeperforensics"]])
def test_target_in_the_test_set_of_ffpp_is_in_test_everywhere(trains: list[str], tmp_path: Path) -> None:
    # Celeb-DF keeps val and train alive where DeeperForensics alone would not.
    rows = [*ffpp(), *deeper(), *swaps(200, "celeb_df")]
    stage = Stage(tmp_path, rows)
    audit = stage.run(**both(*trains, "celeb_df"))
    tested = {f"{FF}:{n:03d}" for n, home in HOME.items() if home == "test"}
    for one in rows:
        if tested & set(one["identities"]):
            assert one["video"] not in set(stage.manifest("train")["video"])
            assert one["video"] not in set(stage.manifest("val")["video"])
    if trains == [FF]:
        # DeeperForensics only tests: all targets of FF++'s test are tested, with the real videos borrowed.
        expected = {one["video"] for one in rows if one["corpus"] == "deeperforensics" and HOME[target(one)] == "test"}
        expected |= {f"deeperforensics/@{FF}/real/{n:03d}" for n, home in HOME.items() if home == "test"}
        found = stage.manifest("test")
        assert set(found.loc[found["corpus"] == "deeperforensics", "video"]) == expected
        assert audit["corpora"]["deeperforensics"]["borrowed"] == {FF: sum(home == "test" for home in HOME.values())}
        assert audit["corpora"][FF]["borrowed"] == {}


@pytest.mark.parametrize("how", ["report", "drop"])
def test_sources_of_ffpp_are_excused_where_it_only_tests_and_another_trains_on_its_people(
    how: str, tmp_path: Path
) -> None:
    # A list that puts half of its targets elsewhere than FF++ does.
    rows = [*straddling(), *deeper()]
    for one in rows[-len(deeper()) :]:
        one["sources"] = [f"youtube:{name}" for name, couple in STRADDLERS.items() if target(one) in couple]
    found = Stage(tmp_path, rows).run(**both("deeperforensics"), straddling=how)
    assert found["overlap"]["sources"] == 0
    assert (found["straddling"]["sources"] > 0) == (how == "report")


def test_targets_follow_ffpp_and_actors_their_own_list() -> None:
    rows = [*ffpp(), *deeper()]
    found = assigned(rows, **both(FF, "deeperforensics"))
    for one in rows:
        if one["corpus"] == FF:
            assert found[one["video"]] == one["split"]
        else:
            agree = HOME[target(one)] == one["split"]
            assert found[one["video"]] == (one["split"] if agree else "-straddling")
    # The borrowed reals follow FF++ too, whatever DeeperForensics lists.
    assert all(found[f"deeperforensics/@{FF}/real/{n:03d}"] == home for n, home in HOME.items())


def test_test_only_corpus_loses_what_another_trains_on() -> None:
    found = assigned([*ffpp(), *deeper()], **both(FF))
    for one in deeper():
        home = HOME[target(one)]
        away = "-not_listed" if home == one["split"] else "-follows"
        assert found[one["video"]] == ("test" if home == "test" else away)


def test_without_ffpp_among_the_corpora_the_own_list_decides() -> None:
    rows = [*deeper(), *[{**one, "label": 0, "video": f"{one['video']}r", "pair": None} for one in deeper()]]
    found = assigned(rows, **both("deeperforensics"))
    assert all(found[one["video"]] == one["split"] for one in rows)


def test_ids_in_frames_of_df40_follow_ffpp_without_any_list() -> None:
    rows = [
        row(f"fsgan/{n:03d}", 1, [f"{FF}:{n:03d}"], "df40", method="fsgan", pair=f"{FF}/real/{n:03d}")
        for n in range(40)
    ]
    rows += [row(f"sd/{n}", 1, [f"sd{n}"], "df40", method="sd") for n in range(5)]
    found = assigned([*ffpp(), *rows], **both(FF, "df40"))
    assert all(found[one["video"]] == HOME[target(one)] for one in rows[:40])
    found = assigned([*ffpp(), *rows], **both(FF))
    assert all(found[one["video"]] == ("test" if HOME[target(one)] == "test" else "-follows") for one in rows[:40])
    assert {found[one["video"]] for one in rows[40:]} == {"test"}


def test_a_new_test_only_corpus_changes_nothing_that_is_trained_on() -> None:
    rows = swaps(200)
    other = [row(f"x/{n}", 1, [f"a:{n:03d}", f"a:{(7 * n + 3) % 200:03d}", f"o{n}"], "b") for n in range(100)]
    before, after = assigned(rows), assigned([*rows, *other])
    assert {video: after[video] for video in before} == before
    assert {after[one["video"]] for one in other} == {"test", "-follows"}


def test_people_of_a_corpus_that_only_tests_are_only_tested() -> None:
    rows = [*swaps(200), *swaps(8, "b"), *[row(f"guest/{n}", 0, [f"b:{n:03d}"]) for n in range(8)]]
    found = assigned(rows)
    assert {found[f"a/guest/{n}"] for n in range(8)} == {"test"}


def test_two_corpora_that_share_people_are_dealt_as_one() -> None:
    rows = [*swaps(200), *[row(f"x/{n}", n % 2, [f"a:{n:03d}"], "b") for n in range(200)]]
    found = assigned(rows, **both("a", "b"))
    assert all(found[f"b/x/{n}"] == found[f"a/real/{n:03d}"] for n in range(200))


# Protocols ------------------------------------------------------------------------------------------------------------


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


def test_one_class_cannot_be_trained_on() -> None:
    rows = [*official_ffpp(), *deeper()]
    with pytest.raises(DataError, match=r"deeperforensics is to be trained on .* has no real video"):
        assigned(rows, **both("a", "deeperforensics"))
    with pytest.raises(DataError, match="train of a has no fake video"):
        assigned(rows, leave_out=["deep", "neural"])
