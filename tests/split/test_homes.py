"""Names of another corpus: everybody is where his home corpus has him."""

from pathlib import Path

import pytest
from split.listed import FF, HOME, STRADDLERS, both, deeper, ffpp, straddling, target
from split_tables import Stage, assigned, row, swaps


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
