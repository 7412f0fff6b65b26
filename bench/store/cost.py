"""What it costs to keep the frames of videos in one way."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np
from bench.store.material import pixels
from bench.store.way import Frames, Image, Video, Way

from unmask.pixels import rgb

ROUNDS = 2

Made = TypeVar("Made")


@dataclass
class Cost:
    """What one way costs: milliseconds a frame, bytes a pixel."""

    write: float
    read: float
    convert: float
    megabytes: float
    density: float
    lossless: str


def cost(way: Way, videos: Sequence[Video]) -> Cost:
    """Write, read and convert the frames of all videos."""
    spent, size, kinds = [0.0, 0.0, 0.0], 0, {"yes"}
    for video in videos:
        write, data = _least(partial(way.write, video))
        reading, back = _least(partial(way.read, data, video))
        convert, images = _least(partial(way.rgb, back))
        spent = [sum(pair) for pair in zip(spent, (write, reading, convert), strict=True)]
        size += len(data)
        kinds.add(_same(video.frames, back, images))
    frames = sum(len(video.frames) for video in videos)
    area = sum(pixels(video) * len(video.frames) for video in videos)
    writing, reading, converting = (1000 * seconds / frames for seconds in spent)
    lossless = min(kinds, key=("no", "in RGB", "yes").index)
    return Cost(writing, reading, converting, size / frames / 1e6, size / area, lossless)


def _least(made: Callable[[], Made]) -> tuple[float, Made]:
    """Run several times; give the least time and what was made."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        result = made()
        times.append(time.process_time() - start)
    return min(times), result


def _same(given: Frames, back: Any, images: list[Image]) -> str:
    """Tell whether planes came back exactly, or only RGB did, or not even that."""
    if any(not np.array_equal(rgb(frame, 0), image) for frame, image in zip(given, images, strict=True)):
        return "no"
    planes = all(
        hasattr(frame, "planes") and len(frame.planes) == len(one.planes)
        for frame, one in zip(back, given, strict=True)
    )
    return "yes" if planes and all(_equal(one, frame) for one, frame in zip(given, back, strict=True)) else "in RGB"


def _equal(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one.to_ndarray(), other.to_ndarray()))
