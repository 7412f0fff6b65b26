"""Pixels: RGB in the right colours and upright, whatever the format, its tags and its turning."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from decoded import MANY, decoded
from tiny_video import shade, write_video

from unmask import pixels, video

# Weights of red and blue in luma, from the standards: BT.709, BT.470BG, BT.601, SMPTE 240M, BT.2020.
MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
BT601 = MATRICES[6]
FULL = 2


def noise(pixel_format: str, width: int = 32, height: int = 24) -> av.VideoFrame:
    """Fill every plane with noise."""
    frame = av.VideoFrame(width, height, pixel_format)
    random = np.random.default_rng(7)
    for plane in frame.planes:
        plane.update(random.integers(20, 230, plane.buffer_size, dtype=np.uint8).tobytes())
    return frame


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
        given = av.VideoFrame.from_ndarray(picture, format="rgb24")
        # By default swscale's own way there is not the same each time: in some runs the last lines come out black.
        frame = given.reformat(format=name, interpolation=pixels.EXACT, threads=1)
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


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_rotated_files_stand_as_another_reader_turns_them(shared: Path, angle: int) -> None:
    path = shared / "data" / "odd" / f"tests_test_data_video_{angle}.mov"
    picture = decoded(path)[0]
    assert picture.rotation == video.probe(path, MANY).rotation == -angle % 360
    reference = cv2.VideoCapture(str(path)).read()[1][..., ::-1].astype(int)
    assert np.abs(pixels.rgb(picture.frame, picture.rotation) - reference).mean() < 3
