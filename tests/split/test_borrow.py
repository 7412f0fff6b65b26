"""Borrowed reals: the real class of a corpus that consists of fakes of another corpus' videos."""

import pytest
from split_tables import row, swaps, table

from unmask.split.borrow import borrow, warn_of_missing_reals


def test_each_real_is_borrowed_once_with_the_split_of_its_fakes() -> None:
    rows = [
        *swaps(6, "ff", split="train"),
        row("e/000_M1", 1, ["ff:000", "M1"], "df", pair="ff/real/000", split="val"),
        row("e/000_M2", 1, ["ff:000", "M2"], "df", pair="ff/real/000", split="test"),
        row("e/003_M2", 1, ["ff:003", "M2"], "df", pair="ff/real/003"),
        row("e/9", 1, ["ff:009"], "df", pair="ff/real/009"),
        row("e/f", 1, ["ff:000"], "df", pair="ff/deep/000_001"),
        row("own", 0, ["ff:005"], "df", pair="ff/real/005"),
    ]
    videos = table(rows)
    found = borrow(videos).set_index("video", drop=False)
    lent = found[found["lender"] != ""]
    assert lent["lender"].to_dict() == {"df/@ff/real/000": "ff/real/000", "df/@ff/real/003": "ff/real/003"}
    assert lent["corpus"].tolist() == ["df", "df"]
    assert lent["split"].tolist()[0] == "test"
    assert lent["split"].isna().tolist() == [False, True]
    original = found.loc[["ff/real/000", "ff/real/003"]]
    for column in ("label", "cluster", "sha256", "width"):
        assert lent[column].tolist() == original[column].tolist()
    assert [list(names) for names in lent["identities"]] == [["ff:000"], ["ff:003"]]
    assert found.loc[["df/e/000_M1", "df/e/000_M2"], "pair"].tolist() == ["df/@ff/real/000"] * 2
    # A video that is not there, a fake, and a real's pair stay as they are; so does everything else.
    others = ["df/e/9", "df/e/f", "df/own", "ff/deep/000_001"]
    assert found.loc[others, "pair"].tolist() == videos.set_index("video").loc[others, "pair"].tolist()
    assert len(found) == len(rows) + 2


def test_nothing_is_borrowed_within_a_corpus() -> None:
    videos = table(swaps(6))
    found = borrow(videos)
    assert (found["lender"] == "").all()
    assert found.drop(columns="lender").equals(videos)


def test_warning_only_without_any_real(capsys: pytest.CaptureFixture[str]) -> None:
    fake = row("e/000", 1, ["ff:000"], "df", pair="ff/real/000")
    warn_of_missing_reals(table([fake]), ["df"])
    said = capsys.readouterr().err
    assert "df has no real video" in said
    assert "`ff`, which `corpora` in params.yaml does not name" in said
    warn_of_missing_reals(table([fake, row("r", 0, ["x"], "df")]), ["df"])
    warn_of_missing_reals(table([fake, *swaps(2, "ff")]), ["df", "ff"])
    assert capsys.readouterr().err == ""
