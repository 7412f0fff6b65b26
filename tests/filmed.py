"""Videos of noise that moves, in many encodings, and the plain way to decode them that readers are compared with."""

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

# Number of the frame, seconds from the first one, hash of the pixels.
Fact = tuple[int, float, str]
MANY = 1 << 30


def draw(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Draw waves that drift, and a block that jumps, so that no frame is like another."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    waves = np.stack([np.sin(x / 9 + number / 3), np.sin(y / 7 - number / 5), np.sin((x + y) / 11 + number)], axis=-1)
    picture = (128 + 90 * waves).astype(np.uint8)
    left, top = 7 * number % (width - 8), 5 * number % (height - 8)
    picture[top : top + 8, left : left + 8] = np.random.default_rng(number).integers(0, 256, (8, 8, 3))
    return picture


def film(
    path: Path,
    codec: str = "libx264",
    frames: int = 48,
    size: tuple[int, int] = (96, 64),
    pixel_format: str = "yuv420p",
    flags: int = 0,
    **options: str,
) -> Path:
    """Encode a video at 25 frames a second.

    Args:
        path: The file; its suffix names the container.
        codec: Name of the encoder.
        frames: Number of frames.
        size: Width and height.
        pixel_format: Stored format.
        flags: Flags of the encoder, such as for interlacing.
        options: Of the encoder; `_` stands for `-`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        given = {name.replace("_", "-"): value for name, value in options.items()}
        stream = container.add_stream(codec, rate=25, options=given)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= flags
        stream.codec_context.time_base = Fraction(1, 25)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(draw(number, *size), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def turn(plain: Path, path: Path, angle: int) -> Path:
    """Copy a video, tagged to be turned by so many degrees."""
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(angle)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return path


def fingerprint(frame: av.VideoFrame) -> str:
    """Hash the pixels of a frame, the ends of lines left out, and its format."""
    found = hashlib.sha256(f"{frame.format.name} {frame.width}x{frame.height}".encode())
    for plane in frame.planes:
        lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
        bits = 16 if frame.format.components[0].bits > 8 else 8
        found.update(np.ascontiguousarray(lines[:, : plane.width * bits // 8]).tobytes())
    return found.hexdigest()


def plainly(path: Path) -> dict[int, Fact]:
    """Decode all frames as PyAV does by itself, on one thread; the facts of each by its number."""
    found: dict[int, Fact] = {}
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        first = None
        for number, frame in enumerate(container.decode(stream)):
            time = number / 25 if frame.pts is None else float(frame.pts * (stream.time_base or 0))
            first = time if first is None else first
            found[number] = (number, round(time - first, 6), fingerprint(frame))
    return found


def facts(pictures: list[Any]) -> list[Fact]:
    """Give the facts of what a reader found."""
    return [(one.index, round(one.seconds, 6), fingerprint(one.frame)) for one in pictures]


def place_of(path: Path, number: int) -> tuple[int, int]:
    """Give first byte and size of a packet."""
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][number]
        assert packet.pos is not None
        return packet.pos, packet.size


UNIFORM = {"policy": "uniform", "frames": 8}
POLICIES: tuple[Mapping[str, Any], ...] = (
    {"policy": "uniform", "frames": 5},
    {"policy": "interval", "seconds": 0.5, "most": 100},
    {"policy": "keyframes", "most": 100},
    {"policy": "with_face", "frames": 2, "tries": 7},
)
