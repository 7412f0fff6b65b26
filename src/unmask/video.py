"""Read video with PyAV: in order, on one thread, trusting nothing that the container announces."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from unmask.errors import VideoError

# Containers of video files. Play lists and picture sequences are not among them: they make FFmpeg open other files.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegtsraw,mpegvideo,m4v,h264,hevc,vvc,av1,obu,ivf,"
    "flv,asf,asf_o,ogg,nut,mxf,gxf,dv,rm,gif,apng,wtv,y4m,yuv4mpegpipe,live_flv,h263,vc1"
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
