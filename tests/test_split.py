"""The step `split`: manifests, the audit's numbers, and errors for people."""

import itertools
from pathlib import Path

import pytest
from split_tables import Row, Stage, crops_of, official_ffpp, params, row, swaps

from unmask.crop.tables import CROPS
from unmask.errors import DataError, ParamsError
from unmask.index.tables import VIDEOS


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [*swaps(120), *swaps(10, "b")]
    outputs = []
    for name, order in (("one", rows), ("two", rows[::-1])):
        Stage(tmp_path / name, order).run(balance="undersample")
        files = [*(tmp_path / name).glob("*.parquet"), tmp_path / name / "out/split.json"]
        outputs.append({path.name: path.read_bytes() for path in files})
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 4


def test_straddling_and_undersampled_videos_are_named(tmp_path: Path) -> None:
    rows = swaps(400)
    names = sorted({one["identities"][0] for one in rows if one["label"] == 0})
    rows += [
        row(f"x/{a}_{b}", 1, [a, b], cluster=a, pair=f"a/real/{a}", method="deep")
        for a, b in itertools.pairwise(names[:60])
    ]
    found = Stage(tmp_path, rows).run(balance="undersample")
    lost = found["left_out"]["straddling"]
    assert 0 < lost["videos"] < 20
    assert all(name.startswith("a/") for name in lost["first"])
    assert len(lost["first"]) == min(5, lost["videos"])
    train = found["corpora"]["a"]["splits"]["train"]
    assert train["real"] == train["fake"] == sum(train["methods"].values())
    assert found["left_out"]["undersampled"]["videos"] > 0
    seen = found["corpora"]["a"]["coverage"]
    assert seen["real"] == {"videos": 400, "no_face": 0}
    assert seen["fake"]["videos"] == 800 + 59 - lost["videos"]


def test_folder_of_a_removed_corpus_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage(tmp_path, [*official_ffpp(), *swaps(4, "old")])
    stage.corpora.remove("old")
    found = stage.run()
    assert set(found["corpora"]) == {"a"}
    said = capsys.readouterr().err
    assert f"remove it with `rm -r {tmp_path / 'videos' / 'old'}`" in said
    assert str(tmp_path / "crops" / "old") in said


def test_mistakes_are_errors_for_people(tmp_path: Path) -> None:
    rows = official_ffpp()
    with pytest.raises(ParamsError, match=r"`split.train_on` names `z`, but `corpora` has only a"):
        Stage(tmp_path, rows).run(train_on=["z"])
    reals = [one for one in rows if one["label"] == 0]
    with pytest.raises(DataError, match=r"a is to be trained on .* has no fake video"):
        Stage(tmp_path, reals).run()
    no_test = [one for one in rows if one["split"] != "test"]
    with pytest.raises(DataError, match="test is empty"):
        Stage(tmp_path, no_test).run()
    blind = [one["video"] for one in rows if one["split"] == "val" and one["label"] == 0]
    with pytest.raises(DataError, match="No real video in val has a face"):
        Stage(tmp_path, rows, blind).run()
    stage = Stage(tmp_path, rows)
    CROPS.write(crops_of(rows[:-1]), tmp_path / "crops/a")
    with pytest.raises(DataError, match=f"no row for the video {rows[-1]['video']}"):
        stage.run()
    CROPS.write(crops_of([*rows, row("odd", 0, ["o"])]), tmp_path / "crops/a")
    with pytest.raises(DataError, match="crops of a/odd, which is no video"):
        stage.run()
    VIDEOS.write([], tmp_path / "videos/a")
    with pytest.raises(DataError, match="has no video"):
        stage.run()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shares": {"train": 0.7, "val": 0.2, "test": 0.2}}, "must add up to 1, not 1.1"),
        (
            {"shares": {"train": 0.8, "val": 0.0, "test": 0.2}},
            "`split.shares.val` must be a number above 0 and below 1",
        ),
        ({"train_on": []}, "`split.train_on` must be `all` or a list of at least one corpus"),
        ({"validate_on": "a"}, "`split.validate_on` must be `all` or a list"),
        ({"train_on": ["a", "a"]}, "must name each once"),
        ({"leave_out": ["swap", "swap"]}, "must name each once"),
        ({"balance": "oversample"}, "`none`, `undersample`, `weights` or `pairs`"),
        ({"whole": 0}, "`split.whole` must be a whole number of at least 1"),
        ({"folds": 2}, "must be 0, or at least 3"),
        ({"folds": 5, "fold": 5}, "`fold` must be 0 to 4, as `folds` is 5, not 5"),
        ({"fold": 1}, "`fold` must be 0, as `folds` is 0, not 1"),
        ({"straddling": "keep"}, "`report` or `drop`"),
        ({"shortcut": 0.2}, "`split.shortcut` must be a number from 0.5 to 1"),
        ({"fols": 3}, "`split.fols` is an unknown key; did you mean `folds`"),
        ({"whole": True}, r"must be a whole number of at least 1 \(given: true\)"),
    ],
)
def test_bad_params(changes: Row, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("split: {}\n")
    with pytest.raises(ParamsError, match=message):
        params(**changes)
