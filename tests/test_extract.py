"""Extract: evenly spread frames, kept exactly; every video has a row, and the number of workers changes no byte."""

import json
import shutil
import tarfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_video import Picture, number_of, write_video

from unmask import params, pixels, sandbox, video
from unmask.errors import DataError, ParamsError, VideoError
from unmask.extract.choose import interval, keyframes, spread, uniform, with_face
from unmask.extract.load import load_frames
from unmask.extract.params import Params
from unmask.extract.reader import Line, line_of
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.hashing import file_sha256
from unmask.index.params import Corpora
from unmask.index.step import index
from unmask.limits import Limits

LIMITS = Limits(max_seconds=30.0, max_megabytes=1024, max_pixels=10_000_000)
UNIFORM = {"policy": "uniform", "frames": 4}
GIVEN = {"reader": "pyav", "sampling": UNIFORM, "store": {"format": "magicyuv"}, "shards": 3, "max_failed": 1.0}
SETTINGS = Params.model_validate(GIVEN)
MANY = 1 << 30

Row = dict[str, Any]


def run(root: Path, place: Path, settings: Params = SETTINGS, limits: Limits = LIMITS) -> Path:
    """Index and extract a corpus of the layout `folder`."""
    corpora = Corpora.model_validate({"mine": {"layout": "folder"}})
    index(root, place / "index" / "mine", corpora, LIMITS)
    out = place / "extract" / "mine"
    extract(root, place / "index" / "mine", out, settings, limits)
    return out


def changed(**options: Any) -> Params:
    return Params.model_validate(GIVEN | options)


def rows_of(out: Path, video_key: str) -> list[Row]:
    return [row for row in FRAMES.rows(out) if row["video"] == video_key]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of four videos of different length and make."""
    root = tmp_path / "raw"
    write_video(root / "real" / "a.mp4", frames=20)
    write_video(root / "real" / "b.mkv", frames=3)
    write_video(root / "fake" / "swap" / "a.mov", frames=9)
    write_video(root / "fake" / "swap" / "deep.mkv", frames=5, codec="ffv1", pixel_format="yuv420p10le")
    return root


# Which frames -------------------------------------------------------------------------------------------------------


def line(seconds: Sequence[float], keys: Sequence[int] = (0,)) -> Line:
    return line_of(seconds, [number in keys for number in range(len(seconds))])


def even(count: int) -> Line:
    return line([number / 25 for number in range(count)], range(0, count, 10))


@pytest.mark.parametrize("wanted", [1, 2, 7, 32])
@pytest.mark.parametrize("count", [1, 2, 6, 7, 31, 32, 33, 1000])
def test_uniform_choice_is_even(count: int, wanted: int) -> None:
    # Where all frames last equally long, even in time is even in number.
    for chosen in (uniform(even(count), wanted), spread(count, wanted)):
        assert len(chosen) == min(count, wanted)
        assert chosen == sorted(set(chosen))
        # Each frame lies in its own of equal stretches, within half a frame of the middle and a millisecond more.
        length = Fraction(count, len(chosen))
        for part, number in enumerate(chosen):
            middle = (part + Fraction(1, 2)) * length
            assert abs(number + Fraction(1, 2) - middle) <= Fraction(1, 2) + Fraction(25, 1000)


def test_uniform_choice_follows_time_and_is_never_short() -> None:
    # Ten frames in the first second, then one that stays for nine: it is shown in the middle of four of five stretches,
    # and the frames before it stand in as late as they can.
    crowded = line([*(n / 10 for n in range(10)), 1.0, 10.0])
    assert uniform(crowded, 5) == [7, 8, 9, 10, 11]
    assert uniform(line([0.0, 0.1, 0.2, 5.0, 9.9]), 2) == [2, 3]


@pytest.mark.parametrize("unit", [1000, 90_000, 12_800, 30_000])
def test_rounded_stamps_choose_the_same_frames(unit: int) -> None:
    exact = line([n / 25 for n in range(200)])
    rounded = line([round(n / 25 * unit) / unit for n in range(200)])
    for frames in (1, 4, 8, 25):
        assert uniform(rounded, frames) == uniform(exact, frames)
        assert with_face(rounded, frames, 50) == with_face(exact, frames, 50)


def test_one_frame_of_every_interval_is_its_first() -> None:
    assert interval(even(100), 1.0, 300) == [0, 25, 50, 75]
    assert interval(even(100), 1.0, 2) == [25, 75]
    assert interval(line([0.0, 0.999, 1.4, 4.2, 4.9]), 1.0, 300) == [0, 1, 3]
    assert interval(line([0.0, 0.5, 0.98, 2.2]), 1.0, 300) == [0, 3]
    seconds = np.cumsum(np.random.default_rng(3).uniform(0.01, 0.4, 500))
    chosen = interval(line(seconds - seconds[0]), 0.7, 10_000)
    held = np.floor((seconds - seconds[0] + 1e-3)[chosen] / 0.7)
    assert len(set(held)) == len(chosen) == len(set(np.floor((seconds - seconds[0] + 1e-3) / 0.7)))


def test_key_frames_are_chosen_or_the_first_frame() -> None:
    assert keyframes(even(100), 100) == list(range(0, 100, 10))
    assert keyframes(even(100), 2) == [20, 70]
    assert keyframes(line([0.0, 1.0], keys=()), 100) == [0]


@pytest.mark.parametrize("count", [1, 5, 8, 9, 24, 25, 400])
@pytest.mark.parametrize(("frames", "tries"), [(8, 24), (1, 10), (3, 3), (5, 400)])
def test_candidates_are_the_uniform_ones_and_then_fill_the_gaps(count: int, frames: int, tries: int) -> None:
    chosen = with_face(even(count), frames, tries)
    assert len(chosen) == len(set(chosen)) == min(tries, count)
    assert chosen[:frames] == uniform(even(count), frames)
    # More tries go on where fewer end.
    assert with_face(even(count), frames, tries + 7)[: len(chosen)] == chosen
    gaps = np.diff(sorted([-1, *chosen, count]))
    assert gaps.max() <= max(4 * count / len(chosen), 1)


def test_frames_are_those_that_decode_spread_evenly(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    rows = rows_of(out, "mine/real/a")
    assert [row["frame"] for row in rows] == [2, 7, 12, 17]
    assert [row["position"] for row in rows] == [row["rank"] for row in rows] == [0, 1, 2, 3]
    assert [row["seconds"] for row in rows] == pytest.approx([n / 25 for n in (2, 7, 12, 17)])
    assert {(row["decoded"], row["enough"], row["pair"]) for row in rows} == {(20, 0, "")}
    assert [number_of(image) for image in load_frames(out, rows)] == [2, 7, 12, 17]
    assert [row["frame"] for row in rows_of(out, "mine/real/b")] == [0, 1, 2]


def test_candidates_for_faces_are_ranked(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path, changed(sampling={"policy": "with_face", "frames": 2, "tries": 6}))
    rows = rows_of(out, "mine/real/a")
    assert [row["frame"] for row in rows] == sorted(row["frame"] for row in rows)
    assert [row["position"] for row in rows] == list(range(6))
    assert [row["frame"] for row in sorted(rows, key=lambda row: row["rank"])] == with_face(even(20), 2, 6)
    assert {row["enough"] for row in rows} == {2}
    assert [number_of(image) for image in load_frames(out, rows)] == [row["frame"] for row in rows]


def test_fakes_name_the_real_video_of_this_corpus(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    for name in "abcd":
        write_video(root / f"{name}.mp4", frames=2)
    lines = ["path,label,pair", "a.mp4,real,", "b.mp4,fake,a.mp4", "c.mp4,fake,token", "d.mp4,real,token"]
    (root / "list.csv").write_text("\n".join(lines))
    corpora = Corpora.model_validate({"mine": {"layout": "table", "file": "list.csv"}})
    index(root, tmp_path / "mine", corpora, LIMITS)
    extract(root, tmp_path / "mine", tmp_path / "out", SETTINGS, LIMITS)
    pairs = {row["video"]: row["pair"] for row in FRAMES.rows(tmp_path / "out")}
    assert pairs == {"mine/a": "", "mine/b": "mine/a", "mine/c": "mine/d", "mine/d": ""}


@pytest.mark.parametrize("name", ["pyav", "decord", "opencv"])
def test_every_reader_goes_through_the_stage(root: Path, tmp_path: Path, name: str) -> None:
    out = run(root, tmp_path, changed(reader=name))
    rows = rows_of(out, "mine/real/a")
    assert [row["frame"] for row in rows] == [2, 7, 12, 17]
    assert [number_of(image) for image in load_frames(out, rows)] == [2, 7, 12, 17]


# How they are kept --------------------------------------------------------------------------------------------------


def test_shards_are_plain_tar_files_in_order(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    names = []
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as shard:
            assert shard.getnames() == sorted(shard.getnames())
            names += shard.getnames()
    assert sorted(names) == sorted(f"mine/{n}.nut" for n in ("real/a", "real/b", "fake/swap/a", "fake/swap/deep"))


def test_a_shard_that_does_not_fit_its_table_is_noticed(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    row = rows_of(out, "mine/real/a")[0]
    with pytest.raises(DataError, match="does not belong to its table"):
        load_frames(out, [row | {"sha256": "0" * 64}])


# The same bytes -----------------------------------------------------------------------------------------------------


def contents(out: Path) -> dict[str, str]:
    return {path.name: file_sha256(path) for path in out.iterdir()}


def test_workers_and_runs_do_not_change_a_byte(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for workers in ("1", "2"):
        monkeypatch.setenv("UNMASK_WORKERS", workers)
        monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / f"cache-{workers}"))
        found.append(contents(run(root, tmp_path / workers)))
    assert found[0] == found[1]
    assert len(found[0]) > 1


def test_finished_videos_are_not_decoded_again(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = contents(run(root, tmp_path))

    def refuse(*_: Any) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(sandbox, "call", refuse)
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    assert contents(run(root, tmp_path)) == first
    # Another number of shards is another way of storing the same clips; old shards do not stay.
    out = run(root, tmp_path, changed(shards=1))
    assert sorted(contents(out)) == ["0.tar", "frames.parquet"]


# Bad input ----------------------------------------------------------------------------------------------------------


def test_every_bad_video_has_one_row_with_a_reason(root: Path, tmp_path: Path) -> None:
    (root / "real" / "empty.mp4").touch()
    (root / "real" / "text.mp4").write_text("no video at all\n" * 100)
    write_video(root / "real" / "large.mp4", draw=lambda n: np.full((400, 600, 3), n, np.uint8))

    def noisy(number: int) -> Picture:
        return np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8)

    whole = write_video(tmp_path / "whole.mp4", frames=30, draw=noisy, faststart=True).read_bytes()
    (root / "real" / "cut.mp4").write_bytes(whole[: len(whole) * 2 // 3])
    out = run(root, tmp_path, limits=LIMITS.model_copy(update={"max_pixels": 10_000}))
    assert len({row["video"] for row in FRAMES.rows(out)}) == 8
    expected = {
        "empty": ("unreadable", "the file is empty"),
        "text": ("unreadable", "cannot be decoded: Invalid data found when processing input"),
        "large": ("undecodable", "a frame of 600x400 has more than 10000 pixels"),
    }
    for name, (status, reason) in expected.items():
        (row,) = rows_of(out, f"mine/real/{name}")
        assert (row["status"], row["reason"]) == (status, reason)
        assert (row["frame"], row["position"], row["shard"], row["size"]) == (-1, -1, "", 0)
    cut = rows_of(out, "mine/real/cut")
    assert [row["status"] for row in cut] == ["ok"] * 4
    assert 10 <= cut[0]["decoded"] < 30
    assert cut[0]["reason"].startswith("damaged in ")


def test_too_many_failures_stop_the_stage_and_lose_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "real" / "empty.mp4").touch()
    strict = changed(max_failed=0.19)
    with pytest.raises(DataError, match=r"1 of 5 videos gave no frame.*0\.19.*mine/real/empty \(the file is empty\)"):
        run(root, tmp_path, strict)
    assert not (tmp_path / "extract" / "mine" / "frames.parquet").exists()
    monkeypatch.setattr(sandbox, "call", None)
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    run(root, tmp_path, changed(max_failed=0.2))


def test_a_time_limit_costs_one_video(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path, limits=LIMITS.model_copy(update={"max_seconds": 1e-6}))
    assert {row["reason"] for row in FRAMES.rows(out)} == {"gave up after 1e-06 s"}


def test_missing_and_changed_files_are_named(root: Path, tmp_path: Path) -> None:
    run(root, tmp_path)
    place = tmp_path / "index" / "mine"
    (root / "real" / "b.mkv").write_bytes(b"another")
    with pytest.raises(DataError, match=r"real/b\.mkv changed since the corpus was indexed"):
        extract(root, place, tmp_path / "out", SETTINGS, LIMITS)
    shutil.rmtree(root / "fake")
    with pytest.raises(DataError, match=r"misses 2 of 4 videos.*fake/swap/a\.mov"):
        extract(root, place, tmp_path / "out", SETTINGS, LIMITS)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("shards", 0, "shards"),
        ("max_failed", 1.5, "max_failed"),
        ("reader", "vlc", "reader"),
        ("sampling", {"policy": "uniform", "frames": 0}, "sampling.frames"),
        ("sampling", {"policy": "uniform", "frames": "8"}, "sampling.frames"),
        ("sampling", {"policy": "uniform", "frames": 8, "most": 3}, "sampling.most"),
        ("sampling", {"policy": "interval", "seconds": 0, "most": 3}, "sampling.seconds"),
        ("sampling", {"policy": "keyframes"}, "sampling.most"),
        ("sampling", {"policy": "with_face", "frames": 8, "tries": 7}, "sampling.tries"),
        ("sampling", {"policy": "random", "frames": 8}, "sampling"),
    ],
)
def test_parameters_out_of_range_are_named(tmp_path: Path, key: str, value: object, named: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"extract": GIVEN | {key: value}}))
    with pytest.raises(ParamsError, match=f"extract.{named}`"):
        params.load("extract", path)


@pytest.mark.parametrize(("key", "value"), [("max_seconds", 0), ("max_megabytes", 1), ("max_pixels", 2**31)])
def test_limits_out_of_range_are_named(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"limits": LIMITS.model_dump() | {key: value}}))
    with pytest.raises(ParamsError, match=f"limits.{key}`"):
        params.load("limits", path)


# Real files ---------------------------------------------------------------------------------------------------------


def test_odd_files_all_go_through(shared: Path, tmp_path: Path) -> None:
    odd = shared / "data" / "odd"
    files = sorted(path for path in odd.iterdir() if path.suffix in (".mov", ".h264", ".mkv", ".mp4"))
    root = tmp_path / "raw"
    (root / "real").mkdir(parents=True)
    for path in files:
        (root / "real" / path.name).symlink_to(path)
    out = run(root, tmp_path, limits=LIMITS.model_copy(update={"max_pixels": 40_000_000}))
    rows = FRAMES.rows(out)
    assert {row["status"] for row in rows} == {"ok"}
    assert {row["video"] for row in rows} == {f"mine/real/{path.stem}" for path in files}
    for path in files:
        found = rows_of(out, f"mine/real/{path.stem}")
        picked = {row["frame"] for row in found}
        upright = {}
        try:
            for picture in video.decode(path, MANY):
                if picture.index in picked:
                    upright[picture.index] = pixels.rgb(picture.frame, picture.rotation)
        except VideoError:
            pass
        for row, image in zip(found, load_frames(out, found), strict=True):
            assert image.shape == (row["height"], row["width"], 3)
            assert np.array_equal(image, upright[row["frame"]])
