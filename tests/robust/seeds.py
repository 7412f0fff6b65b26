"""Small valid videos of many codecs and containers, to be broken."""

import io
from collections.abc import Iterator

import av
import numpy as np
from av.video.stream import VideoStream
from tiny_video import Picture

from unmask.index.entry import SUFFIXES

SEEDS = (
    *(("libx264", "yuv420p", "mp4"), ("libx264", "yuv420p10le", "mkv"), ("libx264", "yuv444p", "mov")),
    *(("libx264", "yuv420p", "ts"), ("libx264", "yuv420p", "flv"), ("libx264", "yuv420p", "h264")),
    *(("libx265", "yuv420p", "mp4"), ("libx265", "yuv420p10le", "hevc"), ("mpeg4", "yuv420p", "mp4")),
    *(("mpeg4", "yuv420p", "avi"), ("mpeg2video", "yuv420p", "mpg"), ("mpeg2video", "yuv420p", "mxf")),
    *(("libvpx", "yuv420p", "webm"), ("libvpx-vp9", "yuv420p", "webm"), ("libvpx-vp9", "yuv420p", "ivf")),
    *(("libsvtav1", "yuv420p", "mkv"), ("libsvtav1", "yuv420p", "mp4"), ("mjpeg", "yuvj420p", "avi")),
    *(("mjpeg", "yuvj422p", "mov"), ("prores_ks", "yuv422p10le", "mov"), ("ffv1", "yuv420p", "mkv")),
    *(("ffv1", "bgr0", "avi"), ("gif", "rgb8", "gif"), ("wmv2", "yuv420p", "wmv"), ("h263p", "yuv420p", "avi")),
    *(("huffyuv", "rgb24", "avi"), ("dnxhd", "yuv422p", "mxf"), ("libwebp_anim", "bgra", "webp")),
    *(
        ("qtrle", "rgb24", "mov"),
        ("flv", "yuv420p", "flv"),
        ("utvideo", "yuv422p", "avi"),
        ("msmpeg4", "yuv420p", "avi"),
    ),
)
FORMATS = {"ts": "mpegts", "mkv": "matroska", "mpg": "mpeg", "wmv": "asf", "ogv": "ogg"}


def seeds() -> Iterator[tuple[str, bytes]]:
    """Write them, each in memory.

    Yields:
        A file name and the file's bytes; codecs that this FFmpeg cannot write are left out.
    """
    for codec, pixels, suffix in SEEDS:
        if codec in av.codecs_available:
            # Files with other suffixes are not looked at.
            shown = suffix if f".{suffix}" in SUFFIXES else "mp4"
            yield f"{codec}_{pixels}_{suffix}.{shown}", _write(codec, pixels, suffix)


def _write(codec: str, pixels: str, suffix: str) -> bytes:
    # No smaller picture has a profile of DNxHR.
    width, height, frames = (256, 120, 2) if codec == "dnxhd" else (64, 48, 12)
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=FORMATS.get(suffix, suffix)) as container:
        stream = container.add_stream(codec, rate=25, options={"profile": "dnxhr_lb"} if codec == "dnxhd" else {})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.gop_size = 5
        stream.codec_context.thread_count = 1
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(_draw(number, width, height), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _draw(number: int, width: int, height: int) -> Picture:
    """Draw slopes that move, with some noise, so that every tool of a codec is used."""
    rows, columns = np.mgrid[:height, :width]
    noise = np.random.default_rng(number).integers(0, 24, (height, width, 3))
    slopes = np.stack([rows * 3 + number * 5, columns * 2 + number * 9, rows + columns], axis=-1)
    return (slopes % 224 + noise).astype(np.uint8)
