"""Open video with PyAV, on one thread and within limits, and read what it announces."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
