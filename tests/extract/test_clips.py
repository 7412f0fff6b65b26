"""Clips: every native pixel format comes back exactly, and in the same bytes each time."""

import io

import av
import numpy as np
import pytest
from av.video.format import names  # type: ignore[attr-defined]
from extract.noise import Bytes, noise, planes, same
from extract.staged import Row
from tiny_video import shade

from unmask import pixels
from unmask.extract.clips import FAST, FAST_FORMATS, read_clip, write_clip
from unmask.pixels import STORABLE, nearest_format

FFV1 = {"format": "ffv1"}
JPEG = {"format": "jpeg", "quality": 95}
LOSSLESS = [FAST, FFV1]
SIZES = [(36, 18), (35, 27), (1, 1), (2, 7)]


def makeable() -> list[str]:
    """List the pixel formats that FFmpeg can convert to RGB and back, floating point left out."""
    found = []
    for name in sorted(names):
        if name.startswith("bayer") or "f16" in name or "f32" in name:
            continue
        try:
            noise(0, (2, 2), name).reformat(format="rgb24")
        except (av.FFmpegError, ValueError):
            continue
        found.append(name)
    return found


def samples(frame: av.VideoFrame) -> list[Bytes]:
    """Give all samples of a frame; those of a packed one in 16-bit RGB."""
    packed = len(frame.planes) < len(frame.format.components)
    return planes(frame) if not packed else [frame.reformat(format="rgb48le").to_ndarray().view(np.uint8)]


def codecs(data: bytes) -> list[str]:
    with av.open(io.BytesIO(data), format="nut") as container:
        return [track.codec_context.name for track in container.streams.video]


def test_there_are_many_pixel_formats() -> None:
    found = makeable()
    assert len(found) > 150
    wanted = {
        "yuv420p",
        "yuvj420p",
        "nv12",
        "p010le",
        "yuv422p10le",
        "yuv444p12be",
        "gray",
        "gray16le",
        "rgb24",
        "bgra",
    }
    assert wanted | {"yuva420p", "yuv410p", "yuv440p", "gbrp", "gbrap12le", "ya8", "rgb48le", "xyz12le"} <= set(names)


@pytest.mark.parametrize("name", makeable())
def test_every_pixel_format_comes_back_exactly(name: str) -> None:
    for size in SIZES:
        frames = [noise(seed, size, name) for seed in range(2)]
        expected = [pixels.rgb(frame, 0) for frame in frames]
        for store in LOSSLESS:
            kept = read_clip(write_clip(frames, store))
            assert same([pixels.upright(frame, 0) for frame in kept], expected)
            if kept[0].format.name == name:
                assert all(same(samples(new), samples(old)) for new, old in zip(kept, frames, strict=True))
    # Where it can stay as it is, it does; FFV1's decoder gives the planes of packed RGB.
    assert kept[0].format.name in (name, "gbrp16le", "gbrap16le") or name not in STORABLE


@pytest.mark.parametrize(
    "name", ["yuv420p", "yuvj422p", "nv12", "yuv444p", "gray", "rgb24", "gbrp", "bgra", "yuva444p"]
)
def test_common_formats_take_the_fast_codec(name: str) -> None:
    assert codecs(write_clip([noise(1, (8, 6), name)], FAST)) == ["magicyuv"]
    assert codecs(write_clip([noise(1, (8, 6), name)], FFV1)) == ["ffv1"]


@pytest.mark.parametrize("name", ["yuv420p10le", "yuv410p", "yuva420p", "ya8", "gray10le", "rgb48le"])
def test_other_formats_take_the_one_that_knows_them(name: str) -> None:
    assert not nearest_format(name, FAST_FORMATS)[1]
    assert nearest_format(name, STORABLE)[1]
    assert codecs(write_clip([noise(1, (8, 6), name)], FAST)) == ["ffv1"]


def test_pictures_with_a_palette_come_back_exactly() -> None:
    random = np.random.default_rng(3)
    indices, palette = (random.integers(0, 256, shape, dtype=np.uint8) for shape in ((27, 35), (256, 4)))
    for store in LOSSLESS:
        frame = av.VideoFrame.from_ndarray((indices, palette), format="pal8")  # type: ignore[arg-type]
        (kept,) = read_clip(write_clip([frame], store))
        # A palette's entry is alpha, red, green, blue.
        assert np.array_equal(pixels.upright(kept, 0), palette[indices][..., 1:])


@pytest.mark.parametrize("store", LOSSLESS)
@pytest.mark.parametrize("name", ["yuv420p", "yuv420p10le", "gbrp", "gray"])
def test_colour_tags_come_back(store: Row, name: str) -> None:
    tags = [(matrix, wide, 9, 14) for matrix in (1, 2, 5, 6, 7, 9) for wide in (0, 1, 2)]
    frames = []
    for tag in tags:
        frame = noise(1, (16, 12), name)
        frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = tag
        frames.append(frame)
    expected = [pixels.rgb(frame, 0) for frame in frames]
    kept = read_clip(write_clip(frames, store))
    assert [(f.colorspace, f.color_range, f.color_primaries, f.color_trc) for f in kept] == tags
    assert same([pixels.upright(frame, 0) for frame in kept], expected)


def mixed() -> list[av.VideoFrame]:
    """Make frames of a video that changes size, pixel format and colours on the way, and back."""
    frames = [noise(n, size, name) for n, (size, name) in enumerate([
        ((64, 48), "yuv420p"), ((32, 20), "yuv420p"), ((64, 48), "yuv420p10le"), ((64, 48), "yuv420p"),
        ((64, 48), "yuv420p"), ((32, 20), "yuv420p"), ((33, 21), "rgb24"),
    ])]  # fmt: skip
    frames[4].color_range = 2
    return frames


@pytest.mark.parametrize("store", [*LOSSLESS, JPEG])
def test_a_video_may_change_on_the_way_and_any_frame_can_be_read_alone(store: Row) -> None:
    frames = mixed()
    expected = [pixels.rgb(frame, 0) for frame in frames]
    data = write_clip(frames, store)
    every = [pixels.upright(frame, 0) for frame in read_clip(data)]
    assert [image.shape for image in every] == [image.shape for image in expected]
    if store in LOSSLESS:
        assert same(every, expected)
    for positions in ([0], [5, 2], [6, 3, 4], []):
        some = [pixels.upright(frame, 0) for frame in read_clip(data, positions)]
        assert same(some, [every[position] for position in sorted(positions)])


def test_frames_that_are_not_wanted_are_not_decoded() -> None:
    frames = [noise(n, (64, 48), "yuv420p") for n in range(3)]
    data = bytearray(write_clip(frames, FAST))
    places = [place for place in range(len(data)) if data.startswith(b"MAGY", place)]
    data[places[1] + 4 : places[1] + 40] = bytes(36)
    with pytest.raises(ValueError, match="no clip"):
        read_clip(bytes(data))
    assert same(planes(read_clip(bytes(data), [2])[0]), planes(frames[2]))


@pytest.mark.parametrize("store", [*LOSSLESS, JPEG])
def test_the_same_frames_give_the_same_bytes(store: Row) -> None:
    assert write_clip(mixed(), store) == write_clip(mixed(), store)
    assert write_clip(mixed(), store) != write_clip(mixed()[::-1], store)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_pictures_are_turned_as_numpy_turns_them(rotation: int) -> None:
    frame = noise(1, (35, 27), "rgb24")
    turned = pixels.rgb(frame, rotation)
    assert np.array_equal(turned, np.rot90(frame.to_ndarray(), rotation // 90))
    assert turned.flags.c_contiguous


def test_jpeg_is_near_and_keeps_fine_colour_and_obeys_its_quality() -> None:
    columns = np.zeros((48, 64, 3), np.uint8)
    columns[:, ::2, 0] = columns[:, 1::2, 1] = 160  # columns of red and green
    frames = [av.VideoFrame.from_ndarray(image, format="rgb24") for image in (columns, shade(3))]
    found = [pixels.upright(frame, 0).astype(int) for frame in read_clip(write_clip(frames, JPEG))]
    assert np.abs(found[0] - columns).mean() < 5
    assert np.abs(found[1] - shade(3)).max() < 5
    film = [noise(n, (64, 48), "yuv420p").reformat(width=640, height=480) for n in range(3)]
    sizes = [len(write_clip(film, {"format": "jpeg", "quality": quality})) for quality in (50, 75, 95)]
    assert sizes == sorted(set(sizes))
