"""The audit: it finds every planted leak, names it, and counts what is there."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from split_tables import Row, Stage, crops_of, official_ffpp, row, swaps, table

from unmask.crop.tables import CROPS
from unmask.errors import LeakError
from unmask.hashing import bytes_sha256
from unmask.split.audit import audit, read_members
from unmask.split.borrow import borrow
from unmask.split.looks import MEASURED, look
from unmask.split.protocol import Protocol, assign
from unmask.split.tables import MANIFEST, SPLITS

KINDS = ("videos", "identities", "pairs", "clusters", "sources", "bytes")
Places = dict[str, str]


def known(rows: Sequence[Row]) -> pd.DataFrame:
    videos = table(rows)
    return videos if "lender" in videos else borrow(videos)


def check(rows: Sequence[Row], places: Places, why: Places | None = None, *, report: bool = True) -> dict[str, Any]:
    """Audit videos that were put into these splits."""
    members = pd.DataFrame({"video": list(places), "place": list(places.values()), "crops": 1})
    parts = {name: members[members["place"] == name].drop(columns="place") for name in SPLITS}
    return audit(parts, known(rows), why or {}, report_straddling=report)


def clean() -> tuple[list[Row], Places]:
    rows = []
    for name in SPLITS:
        rows += [row(f"{name}/r", 0, [f"{name} p"]), row(f"{name}/f", 1, [f"{name} p"], pair=f"a/{name}/r")]
    return rows, {one["video"]: one["video"].split("/")[1] for one in rows}


def test_clean_splits_are_counted() -> None:
    found = check(*clean())
    assert found["overlap"] == dict.fromkeys(KINDS, 0)
    assert found["straddling"] == {"sources": 0, "first": []}
    assert found["splits"]["val"] == {"videos": 2, "crops": 2, "identities": 1, "real": 1, "fake": 1}


LEAKS: dict[str, Row] = {
    "identities": {"identities": ["a:other", "a:train p"]},
    "pairs": {"pair": "a/train/r"},
    "clusters": {"cluster": "a:train p"},
    "sources": {"sources": ["a:clip"]},
    "bytes": {"sha256": bytes_sha256(b"a/train/r")},
}


@pytest.mark.parametrize("corpus", ["a", "b"])
@pytest.mark.parametrize("kind", LEAKS)
@pytest.mark.parametrize("place", ["val", "test"])
def test_a_planted_leak_is_found_and_named_also_in_another_corpus(kind: str, place: str, corpus: str) -> None:
    rows, places = clean()
    rows[0]["sources"] = ["a:clip"]
    leak = {**row("leak", 1, ["other"], corpus), **LEAKS[kind]}
    if kind == "pairs" and corpus == "b":
        # A fake of another corpus borrows its real; that one has to be somewhere too.
        places = {**places, "b/@a/train/r": place}
    with pytest.raises(LeakError) as error:
        check([*rows, leak], {**places, leak["video"]: place})
    assert f"{kind} in two splits, 1:" in str(error.value)
    assert f"{leak['video']} in {place}" in str(error.value) or f"b/@a/train/r in {place}" in str(error.value)
    if (kind, corpus) != ("pairs", "b"):
        assert str(error.value).count("in two splits") == 1
    # In the same split there is nothing wrong with it.
    check([*rows, leak], {**places, **dict.fromkeys([leak["video"], *list(places)[6:]], "train")})


def test_a_borrowed_real_is_no_copy_in_one_split_and_a_leak_in_two() -> None:
    rows, places = clean()
    rows.append(row("f", 1, ["a:train p"], "b", pair="a/train/r"))
    assert {"b/@a/train/r"} == set(known(rows)["video"]) - {one["video"] for one in rows}
    found = check(rows, {**places, "b/f": "train", "b/@a/train/r": "train"})
    assert not any(found["overlap"].values())
    with pytest.raises(LeakError, match="videos in two splits, 1") as error:
        check(rows, {**places, "b/f": "train", "b/@a/train/r": "test"})
    assert "bytes in two splits, 1" in str(error.value)


def test_a_token_a_video_in_two_splits_and_lost_videos() -> None:
    rows, places = clean()
    token = [row("t1", 0, ["t1"], pair="a/tok"), row("t2", 1, ["t2"], pair="a/tok")]
    with pytest.raises(LeakError, match="a/tok: a/t1 in train, a/t2 in test"):
        check([*rows, *token], {**places, "a/t1": "train", "a/t2": "test"})
    with pytest.raises(LeakError, match="1 videos are not accounted for"):
        check([*rows, row("lost", 0, ["l"])], places)
    with pytest.raises(LeakError, match="1 videos are not accounted for"):
        check(rows, places, {rows[0]["video"]: "straddling"})
    parts = {name: pd.DataFrame({"video": [rows[0]["video"]], "crops": 1}) for name in SPLITS}
    with pytest.raises(LeakError, match="videos in two splits, 1"):
        audit(parts, known(rows[:1]), {}, report_straddling=True)


def torn_by_list() -> tuple[list[Row], Places]:
    """Two clips of one source that the official list puts into train and val."""
    rows, places = clean()
    for one in rows:
        one["split"] = places[one["video"]]
    rows[0]["sources"] = rows[2]["sources"] = ["a:clip"]
    return rows, places


def test_a_source_torn_by_the_official_list_is_reported_or_a_leak_as_wished() -> None:
    rows, places = torn_by_list()
    found = check(rows, places)
    assert found["overlap"]["sources"] == 0
    assert found["straddling"] == {"sources": 1, "first": ["a:clip: a/train/r in train, a/val/r in val"]}
    with pytest.raises(LeakError, match="sources in two splits, 1"):
        check(rows, places, report=False)


def test_only_the_official_list_may_tear_a_source() -> None:
    rows, places = torn_by_list()
    # A third clip goes where no list puts one of that source.
    third = row("third", 0, ["q"], sources=["a:clip"])
    assert check([*rows, third], {**places, "a/third": "val"})["straddling"]["sources"] == 1
    with pytest.raises(LeakError, match="sources in two splits, 1"):
        check([*rows, third], {**places, "a/third": "test"})
    # A clip that is not where the list puts its people is not excused; a stray without the clip changes nothing.
    stray = row("stray", 0, ["s"], split="val", sources=["a:clip"])
    with pytest.raises(LeakError, match=r"`split\.straddling: drop` in params\.yaml"):
        check([*rows, stray], {**places, "a/stray": "test"})
    stray["sources"] = []
    assert check([*rows, stray], {**places, "a/stray": "train"})["straddling"]["sources"] == 1


def test_the_list_of_another_corpus_excuses_a_torn_source() -> None:
    """Clips follow the list of the corpus whose people they show, whatever their own says."""
    rows, places = torn_by_list()
    there = [one["split"] for one in (rows[0], rows[2])]
    for one, split in zip((rows[0], rows[2]), there, strict=True):
        one["split"] = "test"
        rows.append(row(f"owner/{split}", 0, [one["identities"][0]], "b", split=split))
    outside = {one["video"]: "not_listed" for one in rows[-2:]}
    assert check(rows, places, outside)["straddling"]["sources"] == 1


# Through the step -----------------------------------------------------------------------------------------------------


def misplace(monkeypatch: pytest.MonkeyPatch, places: Places) -> None:
    """Let the dealing go wrong with some videos."""

    def wrong(videos: pd.DataFrame, *rest: Any) -> Protocol:
        right = assign(videos, *rest)
        odd = videos["video"].isin(list(places))
        return replace(right, split=right.split.mask(odd, videos["video"].map(places)), why=right.why.mask(odd, ""))

    monkeypatch.setattr("unmask.split.step.assign", wrong)


@pytest.mark.parametrize(("kind", "changes"), [
    ("identities", {"identities": ["a:039", "a:000"]}), ("pairs", {"pair": "a/real/000"}),
    ("bytes", {"sha256": bytes_sha256(b"a/real/000")}), ("sources", {"sources": ["a:clip"]}),
])  # fmt: skip
def test_a_planted_leak_fails_the_step_and_leaves_no_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, changes: Row
) -> None:
    rows = official_ffpp()
    next(one for one in rows if one["video"] == "a/real/000")["sources"] = ["a:clip"]
    rows.append({**row("leak", 1, ["039"]), **changes})
    misplace(monkeypatch, {"a/leak": "test", "a/real/000": "train"})
    with pytest.raises(LeakError, match=f"{kind} in two splits, 1") as error:
        Stage(tmp_path, rows).run(straddling="drop")
    assert "a/leak in test" in str(error.value)
    assert not list(tmp_path.glob("*.parquet"))


def test_sources_of_official_lists_are_named_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = official_ffpp()
    for one in rows:
        if one["video"] in ("a/real/000", "a/real/039"):
            one["sources"] = ["a:clip"]
    found = Stage(tmp_path, rows).run(straddling="report")
    assert found["straddling"]["sources"] == 1
    told = capsys.readouterr().err
    assert "1 sources stand in two splits" in told
    assert "a:clip: a/real/000 in train, a/real/039 in test" in told
    assert "\N{ESCAPE}" not in told


# What it reads --------------------------------------------------------------------------------------------------------


def test_members_are_counted_over_pieces(tmp_path: Path) -> None:
    stage = Stage(tmp_path, official_ffpp(), faceless=["a/real/038"])
    stage.run()
    members = read_members(tmp_path / "test.parquet").set_index("video")["crops"]
    rows = MANIFEST.read(tmp_path / "test.parquet").to_pandas()
    assert members.to_dict() == (rows["face"] >= 0).groupby(rows["video"]).sum().to_dict()
    assert members["a/real/038"] == 0


@settings(max_examples=15, deadline=None)
@given(counts=st.lists(st.integers(0, 20), min_size=1, max_size=4))
def test_looks_are_means_and_evenly_spread_hashes(tmp_path_factory: pytest.TempPathFactory, counts: list[int]) -> None:
    folder = tmp_path_factory.mktemp("looks")
    rows = [row(f"v{number}", 0, ["p"]) for number in range(len(counts))]
    crops = []
    for one, count in zip(rows, counts, strict=True):
        crops += crops_of([one], each=count) if count else crops_of([one], [one["video"]], each=1)
    for number, crop in enumerate(crops):
        crop |= {"score": 0.5 + number / 1000, "sharpness": float(number), "eye_distance": 2.0 * number, "yaw": -number}
    CROPS.write(crops, folder / "a")
    looks = look(known(rows), folder)
    frame = pd.DataFrame([crop for crop in crops if crop["face"] >= 0], columns=["video", *MEASURED])
    means = frame.groupby("video")[MEASURED].mean().reindex([one["video"] for one in rows])
    pd.testing.assert_frame_equal(looks.means, means.reset_index(drop=True), rtol=1e-6, check_dtype=False)
    for number, (one, count) in enumerate(zip(rows, counts, strict=True)):
        own = [crop["phash"] for crop in crops if crop["video"] == one["video"] and crop["face"] >= 0]
        chosen = [own[(2 * part + 1) * count // 16] for part in range(8)] if count > 8 else own
        assert [bytes(bits) for bits in looks.hashes[looks.owner == number]] == chosen


def test_looks_of_a_borrowed_real_are_those_of_the_original(tmp_path: Path) -> None:
    rows = [row("r", 0, ["p"]), row("s", 0, ["q"]), row("f", 1, ["a:p"], "b", pair="a/r")]
    for corpus in ("a", "b"):
        CROPS.write(crops_of([one for one in rows if one["corpus"] == corpus]), tmp_path / corpus)
    videos = known(rows).sort_values("video", ignore_index=True)
    looks = look(videos, tmp_path)
    assert videos["video"].tolist() == ["a/r", "a/s", "b/@a/r", "b/f"]
    assert looks.owner.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert (looks.hashes[0:2] == looks.hashes[4:6]).all()
    assert looks.means.notna().all(axis=None)


def test_a_clean_corpus_is_audited_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = Stage(tmp_path, [*official_ffpp(), *swaps(8, "b")]).run()
    assert found["near"] == {"bits": 4, "pairs": 0, "first": []}
    assert not any(found["overlap"].values())
    assert capsys.readouterr().err == ""
