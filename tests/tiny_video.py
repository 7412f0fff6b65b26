"""Videos of a few frames, made on the spot; frame n of a video is told from the others by its brightness."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.stream import VideoStream

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def shade(number: int) -> Picture:
    """Draw a grey picture with a brighter left half; its brightness tells the frame's number (up to 40)."""
    picture = np.full((48, 64, 3), 20 + 5 * number, np.uint8)
    picture[:, :32] += 20
    return picture


def number_of(picture: Picture) -> int:
    """Tell the number of a frame from its brightness."""
    return round((float(picture[:, 40:].mean()) - 20) / 5)


def write_video(
    path: Path,
    frames: int = 6,
    draw: Callable[[int], Picture] = shade,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    stamps: list[int] | None = None,
    faststart: bool = False,
) -> Path:
    """Write a small video at 25 frames a second, or with time stamps of one's own in milliseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=25, options={"crf": "10", "g": "4"} if codec == "libx264" else {})
        assert isinstance(stream, VideoStream)
        first = draw(0)
        stream.height, stream.width, stream.pix_fmt = first.shape[0], first.shape[1], pixel_format
        stream.codec_context.time_base = Fraction(1, 1000) if stamps else Fraction(1, 25)
        stream.codec_context.thread_count = 1
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(draw(number), format="rgb24")
            frame.pts = stamps[number] if stamps else number
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
