"""Extract: evenly spread frames, kept exactly; every video has a row, and the number of workers changes no byte."""

import json
import shutil
import tarfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from tiny_video import Picture, number_of, shade, write_video

from unmask import params, sandbox, video
from unmask.errors import DataError, ParamsError, VideoError
from unmask.extract import sample as sampling
from unmask.extract.clips import load_frames, read_clip, write_clip
from unmask.extract.params import Params
from unmask.extract.sample import choose, sample
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.hashing import file_sha256
from unmask.index.params import Corpora
from unmask.index.step import index

LIMITS = {"max_seconds": 30.0, "max_megabytes": 1024, "max_pixels": 10_000_000}
SETTINGS = Params(frames=4, shards=3, max_failed=1.0, **LIMITS)
MANY = 1 << 30
PIXEL_FORMATS = (
    *("yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv410p", "yuva420p", "gray"),
    *("yuv420p10le", "yuv422p10le", "yuv444p12le", "gray10le", "gray10be", "gbrp10le", "p010le"),
    *("nv12", "yuyv422", "rgb24", "gbrp", "bgra"),
)

Row = dict[str, Any]


def run(root: Path, place: Path, settings: Params = SETTINGS) -> Path:
    """Index and extract a corpus of the layout `folder`."""
    corpora = Corpora.model_validate({"mine": {"layout": "folder"}})
    index(root, place / "index" / "mine", corpora)
    out = place / "extract" / "mine"
    extract(root, place / "index" / "mine", out, settings)
    return out


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


@pytest.mark.parametrize("wanted", [1, 2, 7, 32])
@pytest.mark.parametrize("count", [1, 2, 6, 7, 31, 32, 33, 1000])
def test_choice_is_even(count: int, wanted: int) -> None:
    chosen = choose(count, wanted)
    assert len(chosen) == min(count, wanted)
    assert chosen == sorted(set(chosen))
    # Each frame lies in its own of equal stretches, within half a frame of the middle.
    length = Fraction(count, len(chosen))
    for part, number in enumerate(chosen):
        assert abs(number + Fraction(1, 2) - (part + Fraction(1, 2)) * length) <= Fraction(1, 2)


def test_frames_are_those_that_decode_spread_evenly(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    rows = rows_of(out, "mine/real/a")
    assert [row["frame"] for row in rows] == [2, 7, 12, 17]
    assert [row["position"] for row in rows] == [0, 1, 2, 3]
    assert [row["seconds"] for row in rows] == pytest.approx([n / 25 for n in (2, 7, 12, 17)])
    assert {row["decoded"] for row in rows} == {20}
    assert [number_of(image) for image in load_frames(out, rows)] == [2, 7, 12, 17]
    assert [row["frame"] for row in rows_of(out, "mine/real/b")] == [0, 1, 2]


def test_long_videos_are_decoded_twice_to_the_same_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(root / "real" / "a.mp4")
    once = sample(path, frames=4, max_pixels=MANY)
    monkeypatch.setattr(sampling, "HELD", 10_000)
    assert sample(path, frames=4, max_pixels=MANY) == once


# How they are kept --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pixel_format", PIXEL_FORMATS)
@pytest.mark.parametrize("size", [(64, 48), (35, 27)])
def test_pixels_and_colours_survive_exactly(pixel_format: str, size: tuple[int, int]) -> None:
    random = np.random.default_rng(3)
    pictures = [random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8) for _ in range(3)]
    frames = [av.VideoFrame.from_ndarray(p, format="rgb24").reformat(format=pixel_format) for p in pictures]
    before = [video.rgb(frame, 0) for frame in frames]
    after = [video.rgb(frame, 0) for frame in read_clip(write_clip(frames))]
    assert len(after) == 3
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


def test_pictures_with_a_palette_survive_exactly() -> None:
    random = np.random.default_rng(3)
    indices, palette = (random.integers(0, 256, shape, dtype=np.uint8) for shape in ((27, 35), (256, 4)))
    frame = av.VideoFrame.from_ndarray((indices, palette), format="pal8")  # type: ignore[arg-type]
    (kept,) = read_clip(write_clip([frame]))
    assert np.array_equal(video.rgb(kept, 0), palette[indices][..., 1:])  # a palette's entry is alpha, red, green, blue


@pytest.mark.parametrize("matrix", [1, 2, 5, 6, 7, 9, 8, 3])
@pytest.mark.parametrize("colour_range", [0, 1, 2])
def test_colour_tags_survive(matrix: int, colour_range: int) -> None:
    frame = av.VideoFrame.from_ndarray(shade(3), format="rgb24").reformat(format="yuv420p")
    frame.colorspace, frame.color_range = matrix, colour_range
    expected = video.rgb(frame, 0)
    (kept,) = read_clip(write_clip([frame]))
    assert np.array_equal(video.rgb(kept, 0), expected)
    assert kept.color_range == colour_range


def test_native_format_is_kept_and_clips_are_intra_only() -> None:
    frame = av.VideoFrame.from_ndarray(shade(3), format="rgb24").reformat(format="yuv420p10le")
    data = write_clip([frame, frame])
    assert [kept.format.name for kept in read_clip(data)] == ["yuv420p10le"] * 2
    assert all(kept.key_frame for kept in read_clip(data))
    assert data == write_clip([frame, frame])


def test_a_video_that_changes_its_size_on_the_way_keeps_each_frame() -> None:
    pictures = [shade(1), shade(2)[:, :50], shade(3), shade(4)[:20]]
    frames = [av.VideoFrame.from_ndarray(np.ascontiguousarray(p), format="rgb24") for p in pictures]
    found = [video.rgb(frame, 0) for frame in read_clip(write_clip(frames))]
    assert all(np.array_equal(new, old) for new, old in zip(found, pictures, strict=True))


def test_shards_are_plain_tar_files_in_order(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    names = []
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as shard:
            assert shard.getnames() == sorted(shard.getnames())
            names += shard.getnames()
    assert sorted(names) == sorted(f"mine/{n}.mkv" for n in ("real/a", "real/b", "fake/swap/a", "fake/swap/deep"))


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
    out = run(root, tmp_path, SETTINGS.model_copy(update={"shards": 1}))
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
    out = run(root, tmp_path, SETTINGS.model_copy(update={"max_pixels": 10_000}))
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


def test_too_many_failures_stop_the_stage_and_lose_nothing(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "real" / "empty.mp4").touch()
    strict = SETTINGS.model_copy(update={"max_failed": 0.19})
    with pytest.raises(DataError, match=r"1 of 5 videos gave no frame.*0\.19.*mine/real/empty \(the file is empty\)"):
        run(root, tmp_path, strict)
    assert not (tmp_path / "extract" / "mine" / "frames.parquet").exists()
    monkeypatch.setattr(sandbox, "call", None)
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    run(root, tmp_path, SETTINGS.model_copy(update={"max_failed": 0.2}))


def test_a_time_limit_costs_one_video(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path, SETTINGS.model_copy(update={"max_seconds": 1e-6}))
    assert {row["reason"] for row in FRAMES.rows(out)} == {"gave up after 1e-06 s"}


def test_missing_and_changed_files_are_named(root: Path, tmp_path: Path) -> None:
    run(root, tmp_path)
    place = tmp_path / "index" / "mine"
    (root / "real" / "b.mkv").write_bytes(b"another")
    with pytest.raises(DataError, match=r"real/b\.mkv changed since the corpus was indexed"):
        extract(root, place, tmp_path / "out", SETTINGS)
    shutil.rmtree(root / "fake")
    with pytest.raises(DataError, match=r"misses 2 of 4 videos.*fake/swap/a\.mov"):
        extract(root, place, tmp_path / "out", SETTINGS)


@pytest.mark.parametrize(
    ("key", "value"), [("frames", 0), ("shards", 0), ("max_failed", 1.5), ("max_seconds", 0), ("frames", "8")]
)
def test_parameters_out_of_range_are_named(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"extract": SETTINGS.model_dump() | {key: value}}))
    with pytest.raises(ParamsError, match=f"extract.{key}"):
        params.load("extract", path)


# Real files ---------------------------------------------------------------------------------------------------------


def test_odd_files_all_go_through(shared: Path, tmp_path: Path) -> None:
    odd = shared / "data" / "odd"
    files = sorted(path for path in odd.iterdir() if path.suffix in (".mov", ".h264", ".mkv", ".mp4"))
    root = tmp_path / "raw"
    (root / "real").mkdir(parents=True)
    for path in files:
        (root / "real" / path.name).symlink_to(path)
    out = run(root, tmp_path, SETTINGS.model_copy(update={"max_pixels": 40_000_000}))
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
                    upright[picture.index] = video.rgb(picture.frame, picture.rotation)
        except VideoError:
            pass
        for row, image in zip(found, load_frames(out, found), strict=True):
            assert image.shape == (row["height"], row["width"], 3)
            assert np.array_equal(image, upright[row["frame"]])
