"""Decoding: frames in order with honest time stamps, and what is damaged, whatever the container says."""

from pathlib import Path

import numpy as np
import pytest
from decoded import MANY, decoded
from tiny_video import number_of, write_video

from unmask import pixels
from unmask.decoding import decode
from unmask.errors import VideoError


def seconds(path: Path) -> list[float]:
    return [picture.seconds for picture in decoded(path)]


def test_frames_come_in_order_with_their_time(tmp_path: Path) -> None:
    pictures = decoded(write_video(tmp_path / "a.mp4", frames=12))
    assert [picture.index for picture in pictures] == list(range(12))
    assert [number_of(pixels.rgb(picture.frame, 0)) for picture in pictures] == list(range(12))
    assert [picture.seconds for picture in pictures] == pytest.approx([n / 25 for n in range(12)])


def test_variable_frame_rate_keeps_its_stamps(tmp_path: Path) -> None:
    stamps = [100, 133, 200, 233, 300, 900]
    found = seconds(write_video(tmp_path / "vfr.mkv", stamps=stamps))
    assert found == pytest.approx([(stamp - 100) / 1000 for stamp in stamps])


def test_raw_stream_without_stamps_counts_on_its_rate(tmp_path: Path) -> None:
    assert seconds(write_video(tmp_path / "raw.h264", frames=5)) == pytest.approx([n / 25 for n in range(5)])


def test_stamps_that_do_not_grow_are_replaced(tmp_path: Path) -> None:
    """Two recordings glued together: the clock starts again in the middle."""
    path = tmp_path / "glued.ts"
    path.write_bytes(b"".join(write_video(tmp_path / f"{n}.ts", frames=4).read_bytes() for n in (1, 2)))
    found = seconds(path)
    assert len(found) == 8
    assert found == sorted(set(found))


def test_truncated_file_gives_its_first_frames_and_then_the_reason(tmp_path: Path) -> None:
    def noisy(number: int) -> np.ndarray:
        return np.random.default_rng(number).integers(0, 256, (48, 64, 3), dtype=np.uint8)

    whole = write_video(tmp_path / "whole.mp4", frames=30, draw=noisy, faststart=True)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    reference = decoded(whole)
    found = decoded(cut)
    assert 10 <= len(found) < 30
    assert len(reference) == 30
    for picture, original in zip(found[:10], reference, strict=False):
        assert np.array_equal(pixels.rgb(picture.frame, 0), pixels.rgb(original.frame, 0))


def test_frames_that_are_too_large_are_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="a frame of 64x48 has more than 3000 pixels"):
        list(decode(path, 3000))
    assert len(list(decode(path, 64 * 48))) == 6


REAL_COUNTS = {
    "test_ffmpeg_data_MOT20-08-raw_shorter.h264": 127,
    "examples_flipping_a_pancake.mkv": 310,
    "test_resources_av1_video.mkv": 125,
    "tests_test_data_unordered.mov": 4,
    "test_media_video.mp4": 5,
    "test_resources_h265_10bits.mp4": 30,
}


@pytest.mark.parametrize("name", REAL_COUNTS)
def test_odd_files_give_the_frames_that_decode(shared: Path, name: str) -> None:
    found = seconds(shared / "data" / "odd" / name)
    assert len(found) == REAL_COUNTS[name]
    assert found[0] == 0
    assert found == sorted(set(found))


def test_damage_in_the_middle_ends_nothing_and_is_told(shared: Path) -> None:
    """Of 50 packets the 29th is broken; no key frame follows, so that it may show in all frames after it."""
    path = shared / "data" / "odd" / "tests_test_data_corrupted.mp4"
    with pytest.raises(VideoError, match="damaged in 2 places, first: cannot be decoded: Invalid data"):
        list(decode(path, MANY))
    pictures = decoded(path)
    assert [picture.index for picture in pictures] == list(range(49))
    assert [picture.index for picture in pictures if picture.sound] == list(range(29))


def test_truly_variable_frame_rate_of_a_recording(shared: Path) -> None:
    steps = np.diff(seconds(shared / "data" / "videos" / "real" / "r008.mp4"))
    assert steps.min() == pytest.approx(0.033, abs=0.001)
    assert steps.max() == pytest.approx(0.067, abs=0.001)
