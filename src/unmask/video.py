"""Read video with PyAV: in order, on one thread, trusting nothing that the container announces."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
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
# Values of OpenCV's cv2.RotateFlags, by degrees counter-clockwise.
TURNS = {90: 2, 180: 1, 270: 0}
# Pixel formats in which every frame can be kept: those of the lossless codec FFV1, which does not encode all of the
# floating-point ones that it lists.
STORABLE = tuple(
    sorted(f.name for f in av.Codec("ffv1", "w").video_formats or () if not f.name.endswith(("f16le", "f32le")))
)


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
        index: Number of the frame, from 0.
        seconds: Time since the first frame, growing from frame to frame.
        rotation: Degrees counter-clockwise (0, 90, 180, 270) by which it must be turned to stand upright.
        frame: The frame as stored, not turned.
        key: Whether it is a key frame, which decodes without any other.
        sound: Whether no damage of the file can show in it.
        order: Number of its packet, in the order in which frames are decoded.
    """

    index: int
    seconds: float
    rotation: int
    frame: av.VideoFrame
    key: bool = True
    sound: bool = True
    order: int = 0


def probe(path: Path, max_pixels: int) -> Probe:
    """Read what a video announces about itself, and decode its first frame.

    Raises:
        VideoError: It cannot be opened, has no video stream, is too large, or no frame decodes.
    """
    with opened(path, max_pixels) as (container, stream), sentences():
        first = next(iter(container.decode(stream)), None)
        if first is None:
            raise VideoError("no frame decodes")
        check_size(first, max_pixels)
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / av.time_base
        return Probe(
            width=first.width,
            height=first.height,
            rotation=quarter(first.rotation),
            fps=float(stream.average_rate or 0),
            frames=max(stream.frames, 0),
            seconds=max(seconds, 0.0),
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=first.format.name,
        )


def decode(path: Path, max_pixels: int) -> Iterator[Picture]:
    """Decode all of a video's frames in order, also those after damage.

    Counts that the container announces are not used. A time stamp that is missing or does not grow is replaced by
    the one before plus the length of a frame.

    Args:
        path: The video.
        max_pixels: Frames may not have more pixels.

    Yields:
        Every frame that comes out of the decoder. From damage to the next key frame they are not `sound`.

    Raises:
        VideoError: It cannot be opened; or, after all frames, what is damaged.
    """
    with opened(path, max_pixels) as (container, stream):
        damage = _Damage()
        clock = Clock(stream)
        for index, frame in enumerate(_frames(container, stream, damage)):
            check_size(frame, max_pixels)
            sound = damage.spares(frame)
            order = frame.opaque if isinstance(frame.opaque, int) else index
            turn = quarter(frame.rotation)
            yield Picture(index, clock.seconds(frame.pts), turn, frame, frame.key_frame, sound, order)
    if damage.reasons:
        raise VideoError(damage.sentence())


class Clock:
    """Gives frames the time since the first one; what is missing or does not grow is replaced."""

    def __init__(self, stream: VideoStream) -> None:
        """Take the units from a stream."""
        self._unit = stream.time_base or Fraction(0)
        self._step = 1 / Fraction(stream.average_rate or stream.guessed_rate or 25)
        self._first: Fraction | None = None
        self._last = Fraction(0)

    def seconds(self, stamp: int | None) -> float:
        """Give the time of the next frame, whose stamp in the stream's units may be missing."""
        time = None if stamp is None else stamp * self._unit
        if self._first is None:
            self._first = self._last = time or Fraction(0)
        else:
            self._last = self._last + self._step if time is None or time <= self._last else time
        return float(self._last - self._first)


class _Damage:
    """Keeps what went wrong in one video, and tells in which frames it may show."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self._packets = 0
        self._struck: list[int] = []  # numbers of packets from which damage may spread

    def meet(self, packet: "av.Packet[VideoStream]") -> None:
        """Number a packet, so that its frame can be told."""
        self._packets += 1
        packet.opaque = self._packets
        if packet.is_corrupt:
            self.note("a packet is cut off or marked as damaged")

    def note(self, reason: str) -> None:
        """Note what went wrong in the latest packet."""
        self.reasons.append(reason)
        self._struck.append(self._packets)

    def spares(self, frame: av.VideoFrame) -> bool:
        """Tell of a frame, as it comes out, whether damage cannot show in it."""
        own = frame.opaque if isinstance(frame.opaque, int) else self._packets
        if frame.is_corrupt:
            self.reasons.append("a frame shows damage")
            self._struck.append(own)
        elif frame.key_frame:
            self._struck = [packet for packet in self._struck if packet >= own]
        return all(packet > own for packet in self._struck)

    def sentence(self) -> str:
        return f"damaged in {len(self.reasons)} places, first: {self.reasons[0]}"


def _frames(container: InputContainer, stream: VideoStream, damage: _Damage) -> Iterator[av.VideoFrame]:
    """Give all frames that come out of the decoder, whatever happens on the way."""
    packets = container.demux(stream)
    stream.codec_context.copy_opaque = True
    ended = False
    while not ended:
        packet = None
        try:
            with sentences():
                packet = next(packets, None)
            ended = packet is None or is_flush(packet)
        except VideoError as error:
            damage.note(f"breaks off: {error}")
            ended = True
        if packet is not None:
            damage.meet(packet)
        try:
            with sentences():
                yield from stream.codec_context.decode(None if ended else packet)
        except VideoError as error:
            damage.note(str(error))


def is_flush(packet: "av.Packet[VideoStream]") -> bool:
    """Tell whether it is the empty packet that PyAV gives at the end."""
    return packet.dts is None and packet.pts is None and not packet.size


def storable(frame: av.VideoFrame, formats: Sequence[str]) -> av.VideoFrame:
    """Copy a frame's pixels and colour tags into one that can be kept without loss and turned into RGB.

    Most pixel formats stay as they are; packed, semi-planar and 8-bit planar RGB ones are rearranged. All else that
    decoders attach is left behind. So is the siting of chroma, which codecs do not keep: as in OpenCV, it is ignored.
    Colour tags that mean nothing are taken off the given frame.

    Args:
        frame: As decoded.
        formats: Pixel formats in which it may come back.
    """
    frame.colorspace = frame.colorspace if frame.colorspace in KNOWN_MATRICES else UNSPECIFIED
    frame.color_range = frame.color_range if frame.color_range in KNOWN_RANGES else 0
    full = frame.format.name.startswith("yuvj")  # an old name of full range
    name, _ = nearest_format(frame.format.name, formats)
    kept = frame
    if name != frame.format.name.replace("yuvj", "yuv"):
        kept = frame.reformat(format=name, interpolation=EXACT, threads=1)
    copy = av.VideoFrame(frame.width, frame.height, name)
    for given, taken in zip(kept.planes, copy.planes, strict=True):
        width = min(abs(given.line_size), taken.line_size)
        _lines(taken)[:, :width] = _lines(given)[:, :width]
    copy.colorspace, copy.color_range = frame.colorspace, FULL_RANGE if full else frame.color_range
    copy.color_primaries, copy.color_trc = frame.color_primaries, frame.color_trc
    return copy


@cache
def nearest_format(name: str, formats: Sequence[str]) -> tuple[str, bool]:
    """Choose the pixel format in which another one can be kept.

    Args:
        name: Pixel format as FFmpeg calls it.
        formats: Those to choose from, as a tuple.

    Returns:
        One of them, and whether it holds the same numbers without loss.

    Example:
        >>> nearest_format("nv12", ("gray", "yuv420p", "yuv444p"))
        ('yuv420p', True)
        >>> nearest_format("p010le", ("gray", "yuv420p", "yuv444p"))
        ('yuv420p', False)
    """
    name = name.replace("yuvj", "yuv")
    if name in formats:
        return name, True
    given = av.VideoFormat(name)
    alpha = any(component.is_alpha for component in given.components)
    best, loss = find_best_pix_fmt_of_list(formats, name, has_alpha=alpha)
    assert best is not None, "there are formats"
    return best.name, not loss and best.is_rgb == given.is_rgb


def rgb(frame: av.VideoFrame, rotation: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Convert a frame, as decoded, to RGB; see `upright`."""
    return upright(storable(frame, STORABLE), rotation)


def upright(frame: av.VideoFrame, rotation: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Convert a frame to RGB with the colour matrix and range it is tagged with, and turn it upright.

    Untagged frames are BT.601 of limited range whatever their size, so that a resized copy has the same colours.
    High dynamic range is not mapped.

    Args:
        frame: As `storable` gives it, or as read from a clip.
        rotation: Degrees counter-clockwise, a multiple of 90.

    Returns:
        uint8 [height, width, 3], contiguous.
    """
    import cv2  # turns seven times as fast as NumPy

    # Planes are converted a third faster than packed pixels, merging included.
    planar = frame.reformat(format="gbrp", interpolation=EXACT, threads=1)
    green, blue, red = (_lines(plane)[:, : planar.width] for plane in planar.planes)
    image = cv2.merge([red, green, blue])
    return np.asarray(cv2.rotate(image, TURNS[rotation % 360]) if rotation % 360 else image)


@contextmanager
def opened(path: Path, max_pixels: int) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a video for decoding its first video stream on one thread.

    Raises:
        VideoError: It is no video, holds none, is in an unknown codec, or its frames have too many pixels.
    """
    if not path.stat().st_size:
        raise VideoError("the file is empty")
    with sentences():
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
        check_size(streams[0].codec_context, max_pixels)
        streams[0].codec_context.options = {"max_pixels": str(max_pixels)}  # before memory is taken for a frame
        yield container, streams[0]


@contextmanager
def sentences() -> Iterator[None]:
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


def check_size(picture: av.VideoFrame | av.VideoCodecContext, max_pixels: int) -> None:
    """Refuse what has too many pixels.

    Raises:
        VideoError: It has.
    """
    if picture.width * picture.height > max_pixels:
        raise VideoError(f"a frame of {picture.width}x{picture.height} has more than {max_pixels} pixels")


def quarter(degrees: float) -> int:
    """Round an angle to quarters of a turn: 0, 90, 180 or 270.

    Example:
        >>> quarter(-90.0)
        270
    """
    return round(degrees / 90) * 90 % 360
