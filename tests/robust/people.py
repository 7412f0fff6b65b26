"""A corpus of short videos of rendered people, many files from few faces."""

from itertools import cycle
from pathlib import Path

import numpy as np
from tiny_clips import person
from tiny_video import Picture, write_video

CODECS = (("libx264", "yuv420p", ".mp4"), ("mpeg4", "yuv420p", ".avi"), ("libvpx", "yuv420p", ".webm"))


def write_people(root: Path, videos: int, frames: int) -> Path:
    """Write videos of people, every third one fake; no two have the same bytes.

    Args:
        root: Where they go, in the folders `real` and `fake`.
        videos: How many.
        frames: How many frames each has.
    """
    for number, (codec, pixels, suffix) in zip(range(videos), cycle(CODECS), strict=False):
        write_one(root, number, frames, codec, pixels, suffix)
    return root


def write_one(root: Path, number: int, frames: int, codec: str, pixels: str, suffix: str) -> Path:
    """Write one of them."""
    drawn = [np.asarray(frame) for frame in person("abc"[number % 3]).frames]

    def draw(frame: int) -> Picture:
        return np.roll(drawn[frame % len(drawn)], number - 8, axis=1)

    path = root / ("fake" if number % 3 == 2 else "real") / f"{number:03d}{suffix}"
    return write_video(path, frames, draw, codec, pixels)
