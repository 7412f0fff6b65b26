"""Clips: sampled frames of one video, kept without loss in their native pixel format, and the way to read them.

FFV1 (RFC 9043) in Matroska. Measured on 8 frames of 512x512 (3.15 MB raw): FFV1 0.71 MB, written in 50 ms and read in
58 ms; x264 with qp 0 0.89 MB, 22 and 40 ms (ultrafast) or 0.78 MB, 173 and 133 ms (medium), and it knows few formats.
"""

import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.video.stream import VideoStream

from unmask.errors import DataError
from unmask.hashing import bytes_sha256
from unmask.shards import Place, read_at
from unmask.video import rgb, storable

# Level 3 carries checksums; Golomb-Rice coding is a third faster than range coding and 5 % larger.
OPTIONS = {"level": "3", "coder": "0", "context": "0"}
SECOND = Fraction(1)

Image = np.ndarray[Any, np.dtype[np.uint8]]


def write_clip(frames: Sequence[av.VideoFrame]) -> bytes:
    """Write frames into a clip that plays one frame a second.

    Frames of another size, pixel format or colour tags (videos may change them on the way) go to a track of their own.

    Args:
        frames: Frames as decoded; their time stamps are overwritten.

    Returns:
        A Matroska file; the same frames give the same bytes.
    """
    kept = [storable(frame) for frame in frames]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="matroska", options={"fflags": "+bitexact"}) as container:
        tracks: dict[tuple[object, ...], VideoStream] = {}
        for frame in kept:
            if _kind(frame) not in tracks:
                tracks[_kind(frame)] = _track(container, frame)
        for position, frame in enumerate(kept):
            frame.pts, frame.time_base = position, SECOND
            container.mux(tracks[_kind(frame)].encode(frame))
        for track in tracks.values():
            container.mux(track.encode(None))
    return buffer.getvalue()


def read_clip(data: bytes) -> list[av.VideoFrame]:
    """Read all frames of a clip, in order, in their native pixel format, not turned."""
    with av.open(io.BytesIO(data), "r", format="matroska") as container:
        tracks = container.streams.video
        for track in tracks:
            track.codec_context.thread_count = 1
        frames = [frame for packet in container.demux(*tracks) for frame in packet.decode()]
    return sorted((frame for frame in frames if isinstance(frame, av.VideoFrame)), key=_second)


def load_frames(folder: Path, rows: Sequence[Mapping[str, Any]]) -> list[Image]:
    """Load frames that `extract` kept.

    Args:
        folder: Where the shards lie.
        rows: Rows of `frames.parquet` with status `ok` (columns position, rotation, shard, offset, size and sha256),
            best of one video: each run of rows of one clip reads it once.

    Returns:
        For each row, in order, its frame in RGB, upright: uint8 [height, width, 3].

    Raises:
        DataError: The shard is missing or its bytes are not those that the table names.
    """
    images, read, frames = [], None, []
    for row in rows:
        place = Place(row["shard"], row["offset"], row["size"])
        if place != read:
            read, frames = place, read_clip(_checked(folder, place, row["sha256"]))
        images.append(rgb(frames[row["position"]], row["rotation"]))
    return images


def _checked(folder: Path, place: Place, sha256: str) -> bytes:
    data = read_at(folder, place)
    if bytes_sha256(data) != sha256:
        raise DataError(
            f"{folder / place.shard} does not belong to its table (byte {place.offset}); "
            "fetch both again with `dvc checkout`."
        )
    return data


def _second(frame: av.VideoFrame) -> float:
    return frame.time or 0.0


def _kind(frame: av.VideoFrame) -> tuple[object, ...]:
    tags = (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)
    return (frame.format.name, frame.width, frame.height, *tags)


def _track(container: av.container.OutputContainer, frame: av.VideoFrame) -> VideoStream:
    track = container.add_stream("ffv1", rate=1, options=OPTIONS)
    context = track.codec_context
    context.thread_count = 1
    context.flags |= Flags.bitexact
    context.gop_size = 1
    context.time_base = SECOND
    track.width, track.height, track.pix_fmt = frame.width, frame.height, frame.format.name
    context.colorspace, context.color_range = frame.colorspace, frame.color_range
    context.color_primaries, context.color_trc = frame.color_primaries, frame.color_trc
    return track
