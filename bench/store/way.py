"""What a way of keeping frames is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from unmask.pixels import STORABLE, upright

Frames = list[av.VideoFrame]
Image = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Video:
    """Sampled frames of one video, and the hash of the clip of them."""

    path: Path
    numbers: list[int]
    frames: Frames
    sha256: str
    max_pixels: int


class Way(ABC):
    """One way of keeping frames: what a user would see of it."""

    def __init__(self, name: str, formats: Sequence[str] = STORABLE) -> None:
        """Name it, and the pixel formats that it takes."""
        self.name = name
        self.formats = tuple(formats)

    @abstractmethod
    def write(self, video: Video) -> bytes:
        """Give the bytes that are kept of a video."""

    @abstractmethod
    def read(self, data: bytes, video: Video) -> Frames | list[Image]:
        """Give the frames back, in their native format if they are kept so, or else in RGB."""

    def rgb(self, frames: Frames | list[Image]) -> list[Image]:
        """Convert what was read."""
        return [upright(frame, 0) if isinstance(frame, av.VideoFrame) else frame for frame in frames]
