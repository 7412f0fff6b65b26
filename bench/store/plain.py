"""Ways without a codec of video: pictures, and planes through a compressor of bytes."""

from collections.abc import Callable

import av
import cv2
import numpy as np
from bench.store.way import Frames, Image, Video, Way

from unmask.pixels import rgb


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


def _joined(parts: list[bytes]) -> bytes:
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def _parted(data: bytes) -> list[bytes]:
    parts, start = [], 0
    while start < len(data):
        size = int.from_bytes(data[start : start + 8], "little")
        parts.append(data[start + 8 : start + 8 + size])
        start += 8 + size
    return parts
