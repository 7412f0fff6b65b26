"""The ways of keeping sampled frames that `bench.store` compares."""

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyarrow as pa
from av.codec.context import Flags
from av.video.format import names
from av.video.stream import VideoStream

from unmask.extract.again import again
from unmask.extract.clips import read_clip, write_clip
from unmask.pixels import STORABLE, nearest_format, rgb, storable, upright

Frames = list[av.VideoFrame]
Image = np.ndarray[Any, np.dtype[np.uint8]]
SECOND = Fraction(1)
FFV1 = {"level": "1", "coder": "0", "context": "0"}


@dataclass(frozen=True)
class Video:
    """Sampled frames of one video."""

    path: Path
    numbers: list[int]
    frames: Frames
    max_pixels: int


class Way:
    """One way of keeping frames: what a user would see of it."""

    def __init__(self, name: str, formats: Sequence[str] = STORABLE) -> None:
        """Name it, and the pixel formats that it takes."""
        self.name = name
        self.formats = tuple(formats)

    def write(self, video: Video) -> bytes:
        """Give the bytes that are kept of a video."""
        raise NotImplementedError

    def rgb(self, frames: Frames | list[Image]) -> list[Image]:
        """Convert what was read."""
        return [upright(frame, 0) if isinstance(frame, av.VideoFrame) else frame for frame in frames]

    def read(self, data: bytes, video: Video) -> Frames | list[Image]:
        """Give the frames back, in their native format if they are kept so, or else in RGB."""
        raise NotImplementedError


class Ours(Way):
    """A choice of `extract.store`."""

    def __init__(self, name: str, **store: Any) -> None:
        """Take the options."""
        super().__init__(name, ("rgb24",) if store["format"] == "jpeg" else STORABLE)
        self.store = store

    def write(self, video: Video) -> bytes:
        """See `Way`."""
        return write_clip(video.frames, self.store)

    def read(self, data: bytes, video: Video) -> Frames:
        """See `Way`."""
        return read_clip(data)


class Again(Way):
    """`none`: no byte is kept, and reading is decoding."""

    def write(self, video: Video) -> bytes:
        """See `Way`: a clip is made only for its hash."""
        write_clip(video.frames, {"format": "none"})
        return b""

    def read(self, data: bytes, video: Video) -> Frames:
        """See `Way`."""
        return read_clip(again(str(video.path), "video", "pyav", video.numbers, video.max_pixels)[1]["clip"])


class Codec(Way):
    """A codec of FFmpeg in a container of FFmpeg."""

    def __init__(self, name: str, codec: str, container: str = "nut", /, **options: str | int) -> None:
        """Take the codec and its options."""
        formats = [format.name for format in av.Codec(codec, "w").video_formats or ()]
        super().__init__(name, [name for name in formats if not name.endswith(("f16le", "f32le"))])
        self.codec, self.container = codec, container
        self.options = {name: str(value) for name, value in options.items()}

    def write(self, video: Video) -> bytes:
        """See `Way`."""
        buffer, frames = io.BytesIO(), [storable(frame, self.formats) for frame in video.frames]
        with av.open(buffer, "w", format=self.container, options={"fflags": "+bitexact"}) as file:
            track = file.add_stream(self.codec, rate=1, options=self.options)
            assert isinstance(track, VideoStream)
            context, first = track.codec_context, frames[0]
            context.thread_count, context.gop_size, context.time_base = 1, 1, SECOND
            context.flags |= Flags.bitexact
            if self.codec == "mjpeg":
                context.color_range = 1
            track.width, track.height, track.pix_fmt = first.width, first.height, first.format.name
            for position, frame in enumerate(frames):
                frame.pts, frame.time_base = position, SECOND
                file.mux(track.encode(frame))
            file.mux(track.encode(None))
        return buffer.getvalue()

    def read(self, data: bytes, video: Video) -> Frames:
        """See `Way`."""
        with av.open(io.BytesIO(data), "r", format=self.container) as file:
            track = file.streams.video[0]
            track.codec_context.thread_count = 1
            frames = [frame for packet in file.demux(track) for frame in packet.decode()]
        for frame, given in zip(frames, video.frames, strict=True):
            assert isinstance(frame, av.VideoFrame)
            frame.colorspace, frame.color_range = given.colorspace, given.color_range
        return [frame for frame in frames if isinstance(frame, av.VideoFrame)]


class X264(Codec):
    """H.264 without loss; its decoder attaches the siting of chroma, which must be taken off."""

    def __init__(self, preset: str) -> None:
        """Take the preset."""
        options = {"qp": 0, "preset": preset, "tune": "fastdecode"}
        super().__init__(f"x264 qp 0, intra, {preset}", "libx264", "matroska", **options)

    def rgb(self, frames: Frames | list[Image]) -> list[Image]:
        """See `Way`."""
        return [rgb(frame, 0) for frame in frames if isinstance(frame, av.VideoFrame)]


class Png(Way):
    """Full-size PNG in RGB."""

    def write(self, video: Video) -> bytes:
        """See `Way`."""
        options = (cv2.IMWRITE_PNG_COMPRESSION, 1)
        made = [cv2.imencode(".png", np.ascontiguousarray(rgb(f, 0)[..., ::-1]), options)[1] for f in video.frames]
        return _joined([picture.tobytes() for picture in made])

    def read(self, data: bytes, video: Video) -> list[Image]:
        """See `Way`."""
        return [
            np.asarray(cv2.imdecode(np.frombuffer(part, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
            for part in _parted(data)
        ]


class Raw(Way):
    """The planes as they are, through a compressor of bytes."""

    def __init__(self, name: str, pack: Callable[[bytes], bytes], unpack: Callable[[bytes, int], bytes]) -> None:
        """Take the compressor."""
        super().__init__(name)
        self.pack, self.unpack = pack, unpack

    def write(self, video: Video) -> bytes:
        """See `Way`."""
        return _joined([self.pack(frame.to_ndarray().tobytes()) for frame in video.frames])

    def read(self, data: bytes, video: Video) -> Frames:
        """See `Way`."""
        frames = []
        for part, given in zip(_parted(data), video.frames, strict=True):
            shape = (given.height * 3 // 2, given.width)  # all of the material is 4:2:0
            planes = np.frombuffer(self.unpack(part, shape[0] * shape[1]), np.uint8).reshape(shape)
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.colorspace, frame.color_range = given.colorspace, given.color_range
            frames.append(frame)
        return frames


def covered(way: Way) -> int:
    """Count the pixel formats of FFmpeg that a way keeps without loss, of those that FFV1 does."""
    return sum(nearest_format(name, way.formats)[1] for name in coverable())


def coverable() -> list[str]:
    """List the pixel formats of FFmpeg that FFV1 keeps without loss, rearranged or not."""
    whole = [name for name in names if "f16" not in name and "f32" not in name]
    return sorted(name for name in whole if nearest_format(name, STORABLE)[1])


def _joined(parts: list[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def _parted(data: bytes) -> list[bytes]:
    parts, start = [], 0
    while start < len(data):
        size = int.from_bytes(data[start : start + 8], "little")
        parts.append(data[start + 8 : start + 8 + size])
        start += 8 + size
    return parts


ZSTD = pa.Codec("zstd", 1)

WAYS: list[Way] = [
    Ours("**`magicyuv`** (default)", format="magicyuv"),
    Ours("**`ffv1`**", format="ffv1"),
    Ours("**`jpeg`**, quality 95, 4:4:4", format="jpeg", quality=95),
    Again("**`none`**: decoded again"),
    Codec("MagicYUV, median", "magicyuv", pred="median", slices=1),
    Codec("MagicYUV, left", "magicyuv", pred="left", slices=1),
    Codec("UT Video, median", "utvideo", pred="median", slices=1),
    Codec("UT Video, left", "utvideo", pred="left", slices=1),
    Codec("FFVHUFF, plane", "ffvhuff", pred="plane"),
    Codec("FFVHUFF, median, adaptive", "ffvhuff", pred="median", context=1),
    Codec("FFV1 in Matroska", "ffv1", "matroska", **FFV1),
    Codec("FFV1, level 3 with check sums", "ffv1", **FFV1 | {"level": "3"}),
    Codec("FFV1, range coder", "ffv1", **FFV1 | {"coder": "1"}),
    Codec("FFV1, range coder, large context", "ffv1", **FFV1 | {"coder": "1", "context": "1"}),
    X264("ultrafast"),
    X264("superfast"),
    X264("veryfast"),
    Codec("Motion JPEG, native 4:2:0, quantiser 2", "mjpeg", qmin=2, qmax=2, strict="unofficial"),
    Png("PNG of RGB, level 1", ("rgb24",)),
    Raw("planes, zlib 1", lambda data: zlib.compress(data, 1), lambda data, _: zlib.decompress(data)),
    Raw(
        "planes, Zstandard 1",
        lambda d: ZSTD.compress(d, asbytes=True),
        lambda d, n: ZSTD.decompress(d, n, asbytes=True),
    ),
    Raw("planes as they are", lambda data: data, lambda data, _: data),
]
