"""Clips: the sampled frames of one video in one small file, and the way back to frames.

A clip is a NUT file, the container of FFmpeg that takes every codec. Each frame is a key frame; its time stamp, in
seconds, is its position. Frames that differ in size, pixel format or colours lie in tracks of their own, whose colour
tags stand in the track's metadata, for NUT has no place for them. How the codecs were chosen: docs/store.md.
"""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import av
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from unmask.errors import VideoError
from unmask.pixels import STORABLE, nearest_format, rgb, storable

SECOND = Fraction(1)
# How frames are kept where no loss is allowed and time counts, also on the way out of the sandbox.
FAST = {"format": "magicyuv"}
# Pixel formats of the fast codec.
FAST_FORMATS = tuple(sorted(format.name for format in av.Codec("magicyuv", "w").video_formats or ()))
OPTIONS = {
    # Each sample is told from its neighbours to the left and above; one slice, whatever the machine.
    "magicyuv": {"pred": "gradient", "slices": "1"},
    # Golomb-Rice coding is a third faster than range coding and 5 % larger. Level 3, which has check sums, cuts a frame
    # into slices and so takes no frame that is only a few pixels wide.
    "ffv1": {"level": "1", "coder": "0", "context": "0"},
}
# Metadata of a track: matrix, range, primaries and transfer, as FFmpeg numbers them.
COLOURS = "colours"
# JPEG: BT.601, full range, the rest unspecified.
JPEG_COLOURS = (5, 2, 2, 2)

# Codec, pixel format, width, height and colours.
Kind = tuple[str, str, int, int, tuple[int, ...]]
Part = tuple[Kind, av.VideoFrame | bytes]


def write_clip(frames: Sequence[av.VideoFrame], store: Mapping[str, Any]) -> bytes:
    """Write frames into a clip.

    Args:
        frames: Frames as decoded.
        store: How, as `extract.store` in `params.yaml`; where no clip is to be kept, it is the fast lossless one.

    Returns:
        A NUT file; the same frames give the same bytes.

    Raises:
        VideoError: A frame is too large for the format.
    """
    parts = [_part(frame, store) for frame in frames]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="nut", options={"fflags": "+bitexact"}) as container:
        tracks = {kind: _track(container, kind) for kind in dict.fromkeys(kind for kind, _ in parts)}
        for position, (kind, kept) in enumerate(parts):
            container.mux(_packets(tracks[kind], kept, position))
        for track in tracks.values():
            if isinstance(track, VideoStream) and track.codec_context is not None:
                container.mux(track.encode(None))
    return buffer.getvalue()


def read_clip(data: bytes, positions: Collection[int] | None = None) -> list[av.VideoFrame]:
    """Read frames of a clip in their native pixel format, not turned.

    Args:
        data: A clip.
        positions: Which frames; all if None. The others are not decoded.

    Returns:
        Frames in the order of their positions.

    Raises:
        ValueError: It is no clip.
    """
    try:
        with av.open(io.BytesIO(data), "r", format="nut") as container:
            found = dict(_decoded(container, positions))
    except av.FFmpegError as error:
        raise ValueError(f"no clip: {error.strerror}") from None
    return [found[position] for position in sorted(found)]


def _part(frame: av.VideoFrame, store: Mapping[str, Any]) -> Part:
    """Choose a codec for a frame, and bring the frame into what the codec takes."""
    if store["format"] == "jpeg":
        return ("mjpeg", "yuvj444p", frame.width, frame.height, JPEG_COLOURS), _jpeg(frame, store["quality"])
    fast = store["format"] != "ffv1" and nearest_format(frame.format.name, FAST_FORMATS)[1]
    kept = storable(frame, FAST_FORMATS if fast else STORABLE)
    colours = (kept.colorspace, kept.color_range, kept.color_primaries, kept.color_trc)
    return ("magicyuv" if fast else "ffv1", kept.format.name, kept.width, kept.height, tuple(map(int, colours))), kept


def _jpeg(frame: av.VideoFrame, quality: int) -> bytes:
    import cv2

    # Stated, so that the bytes do not follow a library's defaults.
    options = (
        *(cv2.IMWRITE_JPEG_QUALITY, quality),
        *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
        *(cv2.IMWRITE_JPEG_OPTIMIZE, 0),
        *(cv2.IMWRITE_JPEG_PROGRESSIVE, 0),
        *(cv2.IMWRITE_JPEG_RST_INTERVAL, 0),
    )
    try:
        _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb(frame, 0), cv2.COLOR_RGB2BGR), options)
    except cv2.error:
        raise VideoError(f"a frame of {frame.width}x{frame.height} is too large for JPEG") from None
    return data.tobytes()


def _track(container: OutputContainer, kind: Kind) -> Stream:
    codec, pixels, width, height, colours = kind
    track: Stream
    if codec in OPTIONS:
        track = container.add_stream(codec, rate=1, options=OPTIONS[codec])
        assert isinstance(track, VideoStream)
        context = track.codec_context
        context.thread_count = 1
        context.flags |= Flags.bitexact
        context.gop_size = 1
        context.time_base = SECOND
        track.width, track.height, track.pix_fmt = width, height, pixels
    else:
        track = container.add_mux_stream(codec, rate=1, width=width, height=height, time_base=SECOND)
    track.metadata[COLOURS] = " ".join(map(str, colours))
    return track


def _packets(track: Stream, kept: av.VideoFrame | bytes, position: int) -> "Sequence[av.Packet[Any]]":
    if isinstance(kept, av.VideoFrame):
        assert isinstance(track, VideoStream)
        kept.pts, kept.time_base = position, SECOND
        return track.encode(kept)
    packet: av.Packet[Any] = av.Packet(kept)
    packet.stream, packet.time_base, packet.is_keyframe = track, SECOND, True
    packet.pts = packet.dts = position
    return [packet]


def _decoded(container: InputContainer, positions: Collection[int] | None) -> Iterator[tuple[int, av.VideoFrame]]:
    colours = {}
    for track in container.streams.video:
        track.codec_context.thread_count = 1
        colours[track.index] = [int(number) for number in track.metadata[COLOURS].split()]
    for packet in container.demux(*container.streams.video):
        if packet.pts is None or packet.time_base is None:
            continue  # the end
        position = int(packet.pts * packet.time_base)
        if positions is None or position in positions:
            for frame in packet.decode():
                assert isinstance(frame, av.VideoFrame)
                tags = colours[packet.stream.index]
                frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = tags
                yield position, frame
