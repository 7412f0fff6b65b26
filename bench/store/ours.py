"""The choices of `extract.store`."""

from typing import Any

from bench.store.way import Frames, Video, Way

from unmask.extract.again import again
from unmask.extract.clips import read_clip, write_clip
from unmask.pixels import STORABLE


class Ours(Way):
    """A choice of `extract.store`."""

    def __init__(self, name: str, **store: Any) -> None:
        """Take the options."""
        super().__init__(name, ("rgb24",) if store["format"] == "jpeg" else STORABLE)
        self.store = store

    def write(self, video: Video) -> bytes:
        """See `Way`."""
        return write_clip(video.frames, self.store)

    def read(self, data: bytes, video: Video) -> Frames:
        """See `Way`."""
        return read_clip(data)


class Again(Way):
    """`none`: no byte is kept, and reading is decoding."""

    def write(self, video: Video) -> bytes:
        """See `Way`: a clip is made only for its hash."""
        write_clip(video.frames, {"format": "none"})
        return b""

    def read(self, data: bytes, video: Video) -> Frames:
        """See `Way`."""
        _, found = again(str(video.path), "video", "pyav", video.numbers, video.sha256, video.max_pixels)
        return read_clip(found["clip"])
