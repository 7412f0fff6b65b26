"""Extract: every video has a row, those that do not decode with the reason."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from extract.staged import LIMITS, SETTINGS, UNIFORM, changed, rows_of, run
from tiny_video import Picture, write_video

from unmask import pixels, sandbox
from unmask.decoding import decode
from unmask.errors import DataError, VideoError
from unmask.extract.load import load_frames
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.extract.task import sample_video

MANY = 1 << 30


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


def test_a_file_that_went_is_told_so_and_tried_again(root: Path) -> None:
    options = {"reader": "pyav", "sampling": UNIFORM, "store": {"format": "none"}, "max_pixels": 10_000}
    path = root / "real" / "a.mp4"
    path.rename(root / "aside.mp4")
    result = sample_video(options, LIMITS.of_call, (str(path), "video"))
    assert result.rows[0]["reason"] == "is gone since `index` found it; bring it back, or index the corpus again"
    assert (result.rows[0]["status"], result.keep) == ("undecodable", False)
    (root / "aside.mp4").rename(path)
    assert sample_video(options, LIMITS.of_call, (str(path), "video")).rows[0]["status"] == "ok"


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
            for picture in decode(path, MANY):
                if picture.index in picked:
                    upright[picture.index] = pixels.rgb(picture.frame, picture.rotation)
        except VideoError:
            pass
        for row, image in zip(found, load_frames(out, found), strict=True):
            assert image.shape == (row["height"], row["width"], 3)
            assert np.array_equal(image, upright[row["frame"]])
