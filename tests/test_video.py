"""Video: frames in order with honest time stamps, upright, in the right colours, whatever the container says."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from tiny_video import number_of, shade, write_video

from unmask import pixels, video
from unmask.errors import VideoError
from unmask.video import Picture

MANY = 1 << 30
# Weights of red and blue in luma, from the standards: BT.709, BT.470BG, BT.601, SMPTE 240M, BT.2020.
MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
BT601 = MATRICES[6]
FULL = 2


def decoded(path: Path) -> list[Picture]:
    """Decode all that decodes."""
    pictures = []
    try:
        for picture in video.decode(path, MANY):
            pictures.append(picture)
    except VideoError:
        assert pictures, "nothing decodes"
    return pictures


def seconds(path: Path) -> list[float]:
    return [picture.seconds for picture in decoded(path)]


def noise(pixel_format: str, width: int = 32, height: int = 24) -> av.VideoFrame:
    """Fill every plane with noise."""
    frame = av.VideoFrame(width, height, pixel_format)
    random = np.random.default_rng(7)
    for plane in frame.planes:
        plane.update(random.integers(20, 230, plane.buffer_size, dtype=np.uint8).tobytes())
    return frame


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


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("colour_range", [0, 1, FULL])
def test_colours_are_those_of_the_standards(matrix: int, colour_range: int) -> None:
    frame = noise("yuv444p")
    frame.colorspace, frame.color_range = matrix, colour_range
    assert np.abs(pixels.rgb(frame, 0) - by_formula(frame, MATRICES[matrix])).max() < 1


@pytest.mark.parametrize("matrix", [2, 3, 10, 14])
def test_untagged_and_unusual_matrices_are_taken_as_bt601(matrix: int) -> None:
    frame = noise("yuv444p")
    frame.colorspace = matrix
    assert np.abs(pixels.rgb(frame, 0) - by_formula(frame, BT601)).max() < 1


def by_formula(frame: av.VideoFrame, weights: tuple[float, float]) -> np.ndarray:
    """Convert to RGB by the definition of luma and chroma (ITU-R BT.601, section 2.5)."""
    y, u, v = (frame.to_ndarray(channel_last=True)[..., n].astype(float) for n in range(3))
    luma, chroma = (y / 255, 1 / 255) if frame.color_range == FULL else ((y - 16) / 219, 1 / 224)
    of_red, of_blue = weights
    red = luma + 2 * (1 - of_red) * (v - 128) * chroma
    blue = luma + 2 * (1 - of_blue) * (u - 128) * chroma
    green = (luma - of_red * red - of_blue * blue) / (1 - of_red - of_blue)
    return np.clip(255 * np.stack([red, green, blue], axis=-1), 0, 255)


@pytest.mark.parametrize("pixel_format", ["rgb24", "bgr24", "gbrp", "rgba", "bgr0"])
def test_rgb_formats_come_through_unchanged(pixel_format: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (15, 21, 3), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixel_format)
    assert np.array_equal(pixels.rgb(frame, 0), picture)


def test_grey_and_deep_formats_keep_their_brightness() -> None:
    picture = np.tile(np.arange(16, 232, 4, dtype=np.uint8)[:, None, None], (1, 8, 3))
    for name in ("gray", "yuv420p10le", "yuv444p12le", "yuv422p", "nv12", "yuyv422", "p010le"):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=name)
        assert np.abs(pixels.rgb(frame, 0).astype(int) - picture).max() <= 2, name


def test_pictures_stored_from_the_bottom_up_stand_upright(tmp_path: Path) -> None:
    def draw(number: int) -> np.ndarray:
        return np.ascontiguousarray(np.rot90(shade(number), -1))  # bright at the top

    path = write_video(tmp_path / "a.avi", frames=2, draw=draw, codec="rawvideo", pixel_format="bgr24")
    for picture in decoded(path):
        assert np.array_equal(pixels.rgb(picture.frame, 0), draw(picture.index))


def test_turning_is_counter_clockwise() -> None:
    frame = av.VideoFrame.from_ndarray(shade(0), format="rgb24")  # bright on the left
    for rotation, bright in ((0, np.s_[:, :20]), (90, np.s_[-20:, :]), (180, np.s_[:, -20:]), (270, np.s_[:20, :])):
        image = pixels.rgb(frame, rotation)
        assert image.flags.c_contiguous
        assert image[bright].min() > 30, rotation


def test_probe_tells_what_the_container_announces(tmp_path: Path) -> None:
    found = video.probe(write_video(tmp_path / "a.mp4", frames=10), MANY)
    assert (found.width, found.height, found.rotation) == (64, 48, 0)
    assert (found.codec, found.pixel_format, found.frames) == ("h264", "yuv420p", 10)
    assert found.fps == pytest.approx(25)
    assert found.seconds == pytest.approx(0.4)


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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"These are the times that try men's souls.\n" * 50, "Invalid data"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n/etc/passwd\n", "Invalid data"),
        (bytes(4096), "Invalid data"),
    ],
)
def test_what_is_no_video_has_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=reason):
        video.probe(path, MANY)
    with pytest.raises(VideoError, match=reason):
        next(video.decode(path, MANY))


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 44100, 0, Fraction(1, 44100)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(VideoError, match="holds no video stream"):
        video.probe(path, MANY)


def test_frames_that_are_too_large_are_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4")
    with pytest.raises(VideoError, match="a frame of 64x48 has more than 3000 pixels"):
        list(video.decode(path, 3000))
    assert len(list(video.decode(path, 64 * 48))) == 6


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
        list(video.decode(path, MANY))
    pictures = decoded(path)
    assert [picture.index for picture in pictures] == list(range(49))
    assert [picture.index for picture in pictures if picture.sound] == list(range(29))


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_rotated_files_stand_as_another_reader_turns_them(shared: Path, angle: int) -> None:
    path = shared / "data" / "odd" / f"tests_test_data_video_{angle}.mov"
    picture = decoded(path)[0]
    assert picture.rotation == video.probe(path, MANY).rotation == -angle % 360
    reference = cv2.VideoCapture(str(path)).read()[1][..., ::-1].astype(int)
    assert np.abs(pixels.rgb(picture.frame, picture.rotation) - reference).mean() < 3


def test_truly_variable_frame_rate_of_a_recording(shared: Path) -> None:
    steps = np.diff(seconds(shared / "data" / "videos" / "real" / "r008.mp4"))
    assert steps.min() == pytest.approx(0.033, abs=0.001)
    assert steps.max() == pytest.approx(0.067, abs=0.001)
