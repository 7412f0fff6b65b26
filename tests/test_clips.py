"""Clips: every native pixel format comes back exactly, in the same bytes each time, or not at all and with a reason."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.format import names  # type: ignore[attr-defined]
from numpy.typing import NDArray
from tiny_clips import LIMITS
from tiny_video import shade, write_video

from unmask import pixels
from unmask.errors import DataError
from unmask.extract.clips import FAST, FAST_FORMATS, read_clip, write_clip
from unmask.extract.load import Clip, load_frames
from unmask.extract.params import Params
from unmask.extract.raw import Raw
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.hashing import bytes_sha256
from unmask.index.params import Corpora
from unmask.index.step import index
from unmask.pixels import STORABLE, nearest_format
from unmask.shards import ShardWriter

FFV1 = {"format": "ffv1"}
JPEG = {"format": "jpeg", "quality": 95}
LOSSLESS = [FAST, FFV1]
SIZES = [(36, 18), (35, 27), (1, 1), (2, 7)]

Bytes = NDArray[np.uint8]
Row = dict[str, Any]


def noise(seed: int, size: tuple[int, int], name: str) -> av.VideoFrame:
    """Make a frame of noise of 16 bits, brought into a pixel format."""
    pixels = np.random.default_rng(seed).integers(0, 1 << 16, (size[1], size[0], 4), dtype=np.uint16)
    return av.VideoFrame.from_ndarray(pixels, format="rgba64le").reformat(format=name)


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


def planes(frame: av.VideoFrame) -> list[Bytes]:
    """Give the samples of each plane of a planar frame as bytes, without padding."""
    wide = 2 if max(component.bits for component in frame.format.components) > 8 else 1
    lines = [np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1) for plane in frame.planes]
    return [line[:, : plane.width * wide] for line, plane in zip(lines, frame.planes, strict=True)]


def samples(frame: av.VideoFrame) -> list[Bytes]:
    """Give all samples of a frame; those of a packed one in 16-bit RGB."""
    packed = len(frame.planes) < len(frame.format.components)
    return planes(frame) if not packed else [frame.reformat(format="rgb48le").to_ndarray().view(np.uint8)]


def same(one: Sequence[Bytes], other: Sequence[Bytes]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def codecs(data: bytes) -> list[str]:
    with av.open(io.BytesIO(data), format="nut") as container:
        return [track.codec_context.name for track in container.streams.video]


# Without loss -------------------------------------------------------------------------------------------------------


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


# With loss ----------------------------------------------------------------------------------------------------------


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


# Nothing kept -------------------------------------------------------------------------------------------------------


def kept(root: Path, place: Path, **store: Any) -> Path:
    """Index and extract a corpus of the layout `folder`."""
    settings = {"reader": "pyav", "sampling": {"policy": "uniform", "frames": 4}, "shards": 2, "max_failed": 0.5}
    index(root, place / "index" / "mine", Corpora.model_validate({"mine": {"layout": "folder"}}), LIMITS)
    out = place / "extract" / "mine"
    extract(root, place / "index" / "mine", out, Params.model_validate(settings | {"store": store}), LIMITS)
    return out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of three videos."""
    root = tmp_path / "raw"
    write_video(root / "real" / "a.mp4", frames=20)
    write_video(root / "real" / "b.mkv", frames=3)
    write_video(root / "fake" / "swap" / "deep.mkv", frames=5, codec="ffv1", pixel_format="yuv420p10le")
    return root


def by_video(out: Path) -> dict[str, list[Row]]:
    videos: dict[str, list[Row]] = {}
    for row in FRAMES.rows(out):
        videos.setdefault(row["video"], []).append(row)
    return videos


def test_frames_decoded_again_are_those_that_would_have_been_kept(root: Path, tmp_path: Path) -> None:
    stored = by_video(kept(root, tmp_path / "1", format="magicyuv"))
    out = kept(root, tmp_path / "2", format="none")
    assert [path.name for path in out.iterdir()] == ["frames.parquet"]
    again = by_video(out)
    assert list(again) == list(stored)
    for video_key, rows in again.items():
        path = video_key.removeprefix("mine/")
        assert {(row["path"].rpartition(".")[0], row["reader"], row["shard"]) for row in rows} == {(path, "pyav", "")}
        assert {(row["path"], row["reader"]) for row in stored[video_key]} == {("", "")}
        # The same hash: a step that looks at the frames does nothing anew.
        assert {row["sha256"] for row in rows} == {row["sha256"] for row in stored[video_key]}
        whole = load_frames(tmp_path / "1" / "extract" / "mine", stored[video_key])
        assert same(load_frames(out, rows, Raw(root, LIMITS)), whole)
        assert same(Clip(out, rows, Raw(root, LIMITS)).images(rows[1:]), whole[1:])


def test_raw_files_that_changed_or_went_are_named(root: Path, tmp_path: Path) -> None:
    out = kept(root, tmp_path, format="none")
    rows = by_video(out)["mine/real/a"]
    write_video(root / "real" / "a.mp4", frames=20, draw=lambda number: shade(number)[::-1] // 2)
    with pytest.raises(DataError, match=r"real/a\.mp4 does not give the 4 frames again .*other frames"):
        load_frames(out, rows, Raw(root, LIMITS))
    (root / "real" / "a.mp4").unlink()
    with pytest.raises(DataError, match=r"real/a\.mp4 does not give the 4 frames again"):
        load_frames(out, rows, Raw(root, LIMITS))


# Broken -------------------------------------------------------------------------------------------------------------


def shelved(folder: Path, data: bytes) -> Row:
    """Put bytes into a shard as if they were a clip; give a row that says so."""
    with ShardWriter(folder / "0.tar") as shard:
        place = shard.add("c/a.nut", data)
    where = {"shard": place.shard, "offset": place.offset, "size": place.size, "sha256": bytes_sha256(data)}
    return where | {"path": "", "position": 0, "rotation": 0}


def test_every_flipped_bit_of_a_shard_is_noticed(tmp_path: Path) -> None:
    data = write_clip([noise(1, (16, 12), "yuv420p")], FAST)
    row = shelved(tmp_path, data)
    assert len(load_frames(tmp_path, [row])) == 1
    whole = (tmp_path / "0.tar").read_bytes()
    for place in np.random.default_rng(1).integers(0, len(data), 20):
        broken = bytearray(whole)
        broken[row["offset"] + int(place)] ^= 1
        (tmp_path / "0.tar").write_bytes(broken)
        with pytest.raises(DataError, match="does not belong to its table"):
            load_frames(tmp_path, [row])


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_what_is_no_clip_of_this_version_is_made_again(tmp_path: Path, part: float) -> None:
    data = write_clip([noise(n, (16, 12), "yuv420p") for n in range(2)], FAST)
    row = shelved(tmp_path, data[: int(part * len(data))] or b"another format")
    with pytest.raises(DataError, match=r"0\.tar cannot be read; run extract again"):
        load_frames(tmp_path, [row | {"position": position} for position in (0, 1)])
