"""The kept list: written from manifests, read strictly, and stronger than anything else."""

from pathlib import Path
from typing import Any

import pytest
from split_tables import Row, Stage, assigned, official_ffpp, row, swaps

from unmask.errors import DataError
from unmask.split.kept import keep, read_kept, write_kept


def test_what_is_kept_stays_and_a_tie_between_splits_is_left_out_by_name(tmp_path: Path) -> None:
    rows = swaps(120)
    stage = Stage(tmp_path, rows)
    before = stage.run()
    kept = tmp_path / "kept.csv"
    assert keep(tmp_path / "videos", ["a"], tmp_path, kept) == 120
    assert keep(tmp_path / "videos", ["a"], tmp_path, kept) == 0
    where = read_kept(kept)
    train, test = (next(name for name, split in where.items() if split == wanted) for wanted in ("train", "test"))
    # One that would come first and decide, one of a new person with an old one, one that ties two splits.
    new = [row("!", 1, ["!", test]), row("n", 1, ["new", train]), row("tie", 1, [train, test])]
    after = Stage(tmp_path, [*rows, *new])
    found = after.run(seed=9)
    assert found["left_out"]["straddling"] == {"videos": 1, "first": ["a/tie"]}
    assert found["dealing"]["kept"] == 120
    assert found["splits"]["val"] == before["splits"]["val"]
    assert "a/!" in set(after.manifest("test")["video"])
    assert "a/n" in set(after.manifest("train")["video"])


def test_kept_people_win_over_official_lists() -> None:
    rows = official_ffpp()
    found = assigned(rows, {"a:000": "test", "a:001": "test"})
    assert {found[one["video"]] for one in rows if one["cluster"] in ("a:000", "a:001")} == {"test"}
    assert all(found[one["video"]] == one["split"] for one in rows if one["cluster"] > "a:001")


def test_a_new_video_in_the_pair_of_a_kept_one_goes_and_not_the_kept_one() -> None:
    rows = [*official_ffpp(), row("old", 0, ["000"], pair="a/token")]
    new = row("new", 0, ["late"], pair="a/token", split="test")
    assert assigned([*rows, new])["a/old"] == "-straddling"
    found = assigned([*rows, new], {"a:000": "train"})
    assert (found["a/old"], found["a/new"]) == ("train", "-straddling")


@pytest.mark.parametrize("shared", [{"pair": "a/token"}, {"sources": ["s:1"]}, {"sha256": "0" * 64}])
def test_of_two_videos_of_kept_people_of_two_splits_the_protected_one_stays(shared: Row) -> None:
    rows = [row("one", 0, ["x"], **shared), row("two", 0, ["y"], **shared)]
    found = assigned([*official_ffpp(), *rows], {"a:x": "train", "a:y": "val"}, straddling="drop")
    assert (found["a/one"], found["a/two"]) == ("-straddling", "val")


@pytest.mark.parametrize("home", [{"a:000": "train"}, {"a:000": "val"}])
def test_a_pair_of_kept_people_is_where_its_real_is(home: dict[str, str]) -> None:
    rows = [row("one", 0, ["x"], pair="a/real/000"), row("two", 0, ["y"], pair="a/real/000")]
    found = assigned([*official_ffpp(), *rows], {"a:x": "train", "a:y": "val", **home})
    stays = {"a/one": "train", "a/two": "val", "a/real/000": home["a:000"]}
    assert {video: found[video] for video in stays} == {
        video: split if split == home["a:000"] else "-straddling" for video, split in stays.items()
    }


def test_a_pair_whose_real_is_in_no_split_cannot_tell_old_from_new() -> None:
    rows = [*swaps(120, "b"), *swaps(120, "c"), row("old", 0, ["b:019"], "c", pair="b/real/003")]
    protocol: dict[str, Any] = {"train_on": ["c"], "validate_on": "all", "seed": 0}
    before = assigned(rows, **protocol)
    assert (before["c/old"], before["b/real/003"], before["b/real/049"]) == ("train", "-follows", "val")
    kept = {"b:019": "train", "b:049": "val"}
    new = row("new", 0, ["b:049"], "b", pair="b/real/003")
    found = assigned([*rows, new], kept, **protocol)
    assert (found["c/old"], found["b/new"]) == ("-straddling", "val")
    found = assigned([*rows, new], {**kept, "b:003": "train"}, **protocol)
    assert (found["c/old"], found["b/new"]) == ("train", "-straddling")


def test_folds_deal_the_kept_anew_and_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = swaps(120)
    free = assigned(rows, folds=3)
    write_kept({f"a:{n:03d}": "train" for n in range(120)}, tmp_path / "kept.csv")
    stage = Stage(tmp_path, rows)
    stage.run(folds=3)
    assert set(stage.manifest("test")["video"]) == {video for video, split in free.items() if split == "test"}
    assert "keeps 120 names, which does not count while `split.folds` is 3" in capsys.readouterr().err


def test_manifests_that_contradict_the_list_are_an_error(tmp_path: Path) -> None:
    Stage(tmp_path, official_ffpp()).run()
    write_kept({"a:000": "val"}, tmp_path / "kept.csv")
    with pytest.raises(DataError, match="a:000 is kept in val, but a/deep/000_001 stands in train"):
        keep(tmp_path / "videos", ["a"], tmp_path, tmp_path / "kept.csv")
    assert read_kept(tmp_path / "kept.csv") == {"a:000": "val"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: must be `identity,split`"),
        ("name,split\n", "line 1: must be `identity,split`"),
        ("identity,split\na:1,trian\n", "line 2: `a:1,trian` should be `<data set>:<name>,<split>`"),
        ("identity,split\n000,train\n", "line 2: `000,train` should be"),
        ("identity,split\na:1,train,x\n", "line 2"),
        ("identity,split\na:1,train\na:1,test\n", "line 3: a:1 is in train already"),
    ],
)
def test_a_broken_list_is_an_error_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_kept(path)
    path.unlink()
    with pytest.raises(DataError, match="does not exist; it must hold at least the line `identity,split`"):
        read_kept(path)


def test_names_with_commas_survive(tmp_path: Path) -> None:
    kept = {'a:Doe, "Jo"': "train", "b:Ä": "test"}
    write_kept(kept, tmp_path / "kept.csv")
    assert read_kept(tmp_path / "kept.csv") == kept


def test_an_error_of_dealing_names_the_list_as_a_possible_cause(tmp_path: Path) -> None:
    write_kept({f"a:{n:03d}": "test" for n in range(120)}, tmp_path / "kept.csv")
    with pytest.raises(DataError, match=r"train of a has no .*kept\.csv keeps 120 names .* may be the cause"):
        Stage(tmp_path, swaps(120)).run()
