"""Readers beside one another: the same frames at the same times, nearly the same pixels, or a reason for refusing."""

from pathlib import Path

import numpy as np
import pytest
from filmed import MANY, POLICIES, film, turn

from unmask.errors import VideoError
from unmask.extract.choose import chooser
from unmask.extract.reader import Reading, numbered, reader
from unmask.pixels import rgb

UNIFORM = {"policy": "uniform", "frames": 4}
# H.264, variable rate, MPEG-4, no B-frames, MOV, hard cuts, open groups of HEVC, Matroska, unordered stamps, full range
SHARED = (
    *("videos/fake/f000.mp4", "videos/real/r008.mp4", "videos/real/r007.mp4", "videos/real/r010.mp4"),
    *("videos/real/r046.mov", "odd/datasets_data_bikes.mp4", "odd/test_resources_h265_video.mp4"),
    *("odd/examples_flipping_a_pancake.mkv", "odd/tests_test_data_unordered.mov"),
    "odd/test_resources_bt709_full_range.mp4",
    *(f"odd/tests_test_data_video_{angle}.mov" for angle in (0, 90, 180, 270)),
)
TEN_BITS = ("odd/test_resources_h264_10bits.mp4", "odd/test_resources_h265_10bits.mp4")


def read(name: str, path: Path) -> Reading:
    return reader(name)(path, chooser(UNIFORM), MANY)


def agree(one: Reading, other: Reading, levels: float) -> None:
    """Check that two readers found the same: numbers exactly, times to 0.1 ms, pixels to some levels."""
    assert one.count == other.count
    assert [picture.index for picture in one.pictures] == [picture.index for picture in other.pictures]
    assert [p.seconds for p in one.pictures] == pytest.approx([p.seconds for p in other.pictures], abs=1e-4)
    for mine, its in zip(one.pictures, other.pictures, strict=True):
        first, second = (rgb(picture.frame, picture.rotation).astype(int) for picture in (mine, its))
        assert first.shape == second.shape
        assert np.abs(first - second).mean() < levels


@pytest.mark.parametrize("name", ["decord", "opencv"])
def test_real_videos_are_read_alike(shared: Path, name: str) -> None:
    for file in SHARED:
        path = shared / "data" / file
        agree(read("pyav", path), read(name, path), levels=2)
    # Test patterns of ten bits, with sharp edges in colour.
    for file in TEN_BITS:
        path = shared / "data" / file
        agree(read("pyav", path), read(name, path), levels=5)


@pytest.mark.parametrize("name", ["pyav", "decord", "opencv"])
@pytest.mark.parametrize("sampling", POLICIES, ids=lambda sampling: sampling["policy"])
def test_chosen_frames_come_in_the_order_of_choice(tmp_path: Path, name: str, sampling: dict[str, object]) -> None:
    path = film(tmp_path / "a.mp4", g="8", bf="2", x264_params="scenecut=0")
    choose, lines = chooser(sampling), []
    found = reader(name)(path, lambda line: lines.append(line) or choose(line), MANY)  # type: ignore[func-returns-value]
    assert [picture.index for picture in found.pictures] == choose(lines[-1])
    keys = range(0, 48, 8) if name != "opencv" else [0]
    assert np.flatnonzero(lines[-1].keys).tolist() == list(keys)
    assert all(picture.seconds == pytest.approx(picture.index / 25, abs=1e-4) for picture in found.pictures)


@pytest.mark.parametrize("name", ["pyav", "decord", "opencv"])
def test_frames_are_found_again_by_their_numbers(tmp_path: Path, name: str) -> None:
    path = film(tmp_path / "a.mkv", g="8", bf="2")
    found = reader(name)(path, numbered([40, 3, 11]), MANY)
    assert sorted(picture.index for picture in found.pictures) == [3, 11, 40]


@pytest.mark.parametrize(
    ("name", "file", "reason"),
    [
        ("decord", "odd/test_resources_av1_video.mkv", "decord cannot decode it"),
        ("decord", "odd/test_ffmpeg_data_MOT20-08-raw_shorter.h264", "not exact in the container h264"),
        ("decord", "odd/tests_test_data_corrupted.mp4", "decord cannot decode it: .*Error sending packet"),
        ("decord", "odd/test_resources_nasa_13013.mp4", "holds 2 video streams"),
        ("decord", "videos/real/r035.mpg", "not exact in the container mpeg"),
        ("opencv", "odd/test_resources_av1_video.mkv", "OpenCV opens it and decodes nothing"),
    ],
)
def test_what_a_reader_gets_wrong_is_refused_with_a_reason(shared: Path, name: str, file: str, reason: str) -> None:
    with pytest.raises(VideoError, match=reason):
        read(name, shared / "data" / file)
    assert read("pyav", shared / "data" / file).pictures


def test_decord_garbles_narrow_turned_frames(tmp_path: Path) -> None:
    turned = turn(film(tmp_path / "a.mp4", frames=4, size=(64, 48)), tmp_path / "b.mp4", 90)
    with pytest.raises(VideoError, match="decord garbles"):
        read("decord", turned)


def test_opencv_ends_at_damage_and_does_not_tell(shared: Path) -> None:
    path = shared / "data" / "odd" / "tests_test_data_corrupted.mp4"
    found = read("opencv", path)
    assert (found.count, found.reason) == (28, "")
    assert "29 of 49 frames are sound" in read("pyav", path).reason


def test_raw_streams_have_the_announced_rate_in_opencv_too(shared: Path) -> None:
    path = shared / "data" / "odd" / "test_ffmpeg_data_MOT20-08-raw_shorter.h264"
    agree(read("pyav", path), read("opencv", path), levels=2)


@pytest.mark.parametrize("name", ["pyav", "decord", "opencv"])
def test_what_is_no_video_is_refused_by_all(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.mp4"
    for content in (b"", b"#EXTM3U\n#EXTINF:9,\n/etc/passwd\n", bytes(4096)):
        path.write_bytes(content)
        with pytest.raises(VideoError):
            read(name, path)
    path = film(tmp_path / "b.mp4", frames=4)
    with pytest.raises(VideoError, match="more than 6000 pixels"):
        reader(name)(path, chooser(UNIFORM), 6000)
