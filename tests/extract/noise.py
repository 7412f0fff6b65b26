"""Frames of noise in any pixel format, and their samples to compare."""

from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def noise(seed: int, size: tuple[int, int], name: str) -> av.VideoFrame:
    """Make a frame of noise of 16 bits, brought into a pixel format."""
    pixels = np.random.default_rng(seed).integers(0, 1 << 16, (size[1], size[0], 4), dtype=np.uint16)
    return av.VideoFrame.from_ndarray(pixels, format="rgba64le").reformat(format=name)


def planes(frame: av.VideoFrame) -> list[Bytes]:
    """Give the samples of each plane of a planar frame as bytes, without padding."""
    wide = 2 if max(component.bits for component in frame.format.components) > 8 else 1
    lines = [np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1) for plane in frame.planes]
    return [line[:, : plane.width * wide] for line, plane in zip(lines, frame.planes, strict=True)]


def same(one: Sequence[Bytes], other: Sequence[Bytes]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
