"""Read video with PyAV: in order, on one thread, trusting nothing that the container announces."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.codec import find_best_pix_fmt_of_list
from av.container import InputContainer
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream

from unmask.errors import VideoError

# Containers of video files. Play lists and picture sequences are not among them: they make FFmpeg open other files.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegtsraw,mpegvideo,m4v,h264,hevc,vvc,av1,obu,ivf,"
    "flv,asf,asf_o,ogg,nut,mxf,gxf,dv,rm,gif,apng,wtv,y4m,yuv4mpegpipe,live_flv,h263,vc1"
)
# Rounded exactly, chroma interpolated in full, and the same on every processor.
EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT
# Values of AVColorSpace that swscale can turn into RGB: RGB, BT.709, unspecified (taken as BT.601, as everywhere in
# FFmpeg and OpenCV), FCC, BT.601 twice, SMPTE 240M and BT.2020.
UNSPECIFIED = 2
KNOWN_MATRICES = (0, 1, UNSPECIFIED, 4, 5, 6, 7, 9)
KNOWN_RANGES = (0, 1, 2)
FULL_RANGE = 2
# Pixel formats in which frames are kept: those of the lossless codec FFV1.
STORABLE = tuple(sorted(format.name for format in av.Codec("ffv1", "w").video_formats or ()))


@dataclass(frozen=True)
class Probe:
    """What the container and the first frame say; see the table `videos` for the columns' meaning."""

    width: int
    height: int
    rotation: int
    fps: float
    frames: int
    seconds: float
    codec: str
    pixel_format: str


@dataclass(frozen=True)
class Picture:
    """One decoded frame.

    Attributes:
        index: Number among the frames that decode, from 0.
        seconds: Time since the first frame, growing from frame to frame.
        rotation: Degrees counter-clockwise (0, 90, 180, 270) by which it must be turned to stand upright.
        frame: The frame as stored, not turned.
    """

    index: int
    seconds: float
    rotation: int
    frame: av.VideoFrame


def probe(path: Path) -> Probe:
    """Read what a video announces about itself, and decode its first frame.

    Raises:
        VideoError: It cannot be opened, has no video stream, or no frame decodes.
    """
    with _open(path) as (container, stream), _sentences():
        first = next(iter(container.decode(stream)), None)
        if first is None:
            raise VideoError("no frame decodes")
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / av.time_base
        return Probe(
            width=first.width,
            height=first.height,
            rotation=_quarter(first.rotation),
            fps=float(stream.average_rate or 0),
            frames=max(stream.frames, 0),
            seconds=max(seconds, 0.0),
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=first.format.name,
        )


def decode(path: Path, max_pixels: int) -> Iterator[Picture]:
    """Decode a video's frames in order.

    Counts that the container announces are not used. A time stamp that is missing or does not grow is replaced by
    the one before plus the length of a frame.

    Args:
        path: The video.
        max_pixels: Frames may not have more pixels.

    Yields:
        All frames up to the first that does not decode.

    Raises:
        VideoError: It cannot be opened; or, after the frames that decode, why no more do.
    """
    with _open(path) as (container, stream), _sentences():
        _check_size(stream.codec_context, max_pixels)
        stream.codec_context.options = {"max_pixels": str(max_pixels)}  # before memory is taken for a frame
        step = 1 / Fraction(stream.average_rate or stream.guessed_rate or 25)
        start = last = None
        for index, frame in enumerate(container.decode(stream)):
            _check_size(frame, max_pixels)
            stamp = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
            if last is not None and (stamp is None or stamp <= last):
                stamp = last + step
            last = stamp if stamp is not None else Fraction(0)
            start = last if start is None else start
            yield Picture(index, float(last - start), _quarter(frame.rotation), frame)


def storable(frame: av.VideoFrame) -> av.VideoFrame:
    """Copy a frame's pixels and colour tags into one that can be kept without loss and turned into RGB.

    Most pixel formats stay as they are; packed, semi-planar and 8-bit planar RGB ones are rearranged. All else that
    decoders attach is left behind. So is the siting of chroma, which FFV1 does not keep: as in OpenCV, it is ignored.
    Colour tags that mean nothing are taken off the given frame.
    """
    frame.colorspace = frame.colorspace if frame.colorspace in KNOWN_MATRICES else UNSPECIFIED
    frame.color_range = frame.color_range if frame.color_range in KNOWN_RANGES else 0
    full = frame.format.name.startswith("yuvj")  # an old name of full range
    name = frame.format.name.replace("yuvj", "yuv")
    if name not in STORABLE:
        alpha = any(component.is_alpha for component in frame.format.components)
        best, _ = find_best_pix_fmt_of_list(STORABLE, name, has_alpha=alpha)
        assert best is not None, "FFV1 lists its formats"
        frame = frame.reformat(format=best.name, interpolation=EXACT, threads=1)
        name = best.name
    copy = av.VideoFrame(frame.width, frame.height, name)
    for given, taken in zip(frame.planes, copy.planes, strict=True):
        width = min(abs(given.line_size), taken.line_size)
        _lines(taken)[:, :width] = _lines(given)[:, :width]
    copy.colorspace, copy.color_range = frame.colorspace, FULL_RANGE if full else frame.color_range
    copy.color_primaries, copy.color_trc = frame.color_primaries, frame.color_trc
    return copy


def rgb(frame: av.VideoFrame, rotation: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Convert a frame to RGB with the colour matrix and range it is tagged with, and turn it upright.

    Untagged frames are BT.601 of limited range whatever their size, so that a resized copy has the same colours.
    High dynamic range is not mapped.

    Args:
        frame: As decoded, or as read from a clip.
        rotation: Degrees counter-clockwise, a multiple of 90.

    Returns:
        uint8 [height, width, 3], contiguous.
    """
    image = storable(frame).to_ndarray(format="rgb24", interpolation=EXACT, threads=1)
    return np.ascontiguousarray(np.rot90(image, rotation // 90))


@contextmanager
def _open(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    if not path.stat().st_size:
        raise VideoError("the file is empty")
    with _sentences():
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}
        container = av.open(str(path), options=options, metadata_errors="ignore")
    with container:
        streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
        if not streams:
            raise VideoError("holds no video stream")
        if streams[0].codec_context is None:
            raise VideoError("is in a codec that FFmpeg does not know")
        # More threads give other frames near damage.
        streams[0].codec_context.thread_count = 1
        yield container, streams[0]


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn FFmpeg's errors into ours; being out of memory stays what it is."""
    try:
        yield
    except MemoryError:
        raise
    except av.FFmpegError as error:
        raise VideoError(f"cannot be decoded: {error.strerror}") from None


def _lines(plane: VideoPlane) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """View a plane's bytes, padding included, as uint8 [lines, bytes], the upper line first."""
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
    return lines[::-1] if plane.line_size < 0 else lines


def _check_size(picture: av.VideoFrame | av.VideoCodecContext, max_pixels: int) -> None:
    if picture.width * picture.height > max_pixels:
        raise VideoError(f"a frame of {picture.width}x{picture.height} has more than {max_pixels} pixels")


def _quarter(degrees: float) -> int:
    return round(degrees / 90) * 90 % 360
