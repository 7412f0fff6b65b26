"""Compress again as H.264: the crop as a short video in which nothing moves, of which the last frame is taken.

A video's blocks, its deblocking filter and its coarse colours are not JPEG's. Encoder and decoder start anew for each
crop: that costs as much as six or eight JPEGs (docs/augment.md has the numbers).
"""

from fractions import Fraction
from typing import Annotated, Any, Literal

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation
from pydantic import Field

from unmask.augment.change import Change, Pixels, Size, on_pixels
from unmask.augment.settings import Operation, Range, span

# Rounded exactly, and the same on every processor.
EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT


class Settings(Operation):
    """How often, and how.

    Attributes:
        crf: x264's constant rate factor; 23 and 40 are c23 and c40 of FaceForensics++.
        frames: Of the video; the first stands alone, those behind it only mend it.
        preset: x264's effort.
    """

    crf: Annotated[Range, span(0, 51)]
    frames: Annotated[int, Field(ge=1, le=30)]
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"]


def draw(settings: Settings, size: Size, rng: np.random.Generator) -> Change:
    """Throw the dice: a rate factor."""
    # With more threads x264 gives other bytes, and its AVX-512 code for macroblock trees gives others from run to run.
    parameters = {"preset": settings.preset, "x264-params": "threads=1:mbtree=0"}
    options = parameters | {"crf": f"{rng.uniform(*settings.crf):.2f}"}

    def apply(pixels: Pixels) -> Pixels:
        height, width = pixels.shape[:2]
        even = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
        shown = _last(_encoded(np.asarray(even, np.uint8), settings.frames, options))
        return np.ascontiguousarray(shown[:height, :width])

    return Change(on_pixels(apply))


def _encoded(pixels: Pixels, frames: int, options: dict[str, str]) -> list[Any]:
    """Encode one picture of even sides several times over.

    Args:
        pixels: Height x width x 3, RGB.
        frames: How many times.
        options: Of x264.

    Returns:
        Packets.
    """
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = pixels.shape[1], pixels.shape[0], "yuv420p"
    encoder.time_base, encoder.options, encoder.thread_count = Fraction(1, 25), options, 1
    given = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    frame = given.reformat(format="yuv420p", interpolation=EXACT, threads=1)
    packets = []
    for number in range(frames):
        frame.pts = number
        packets += encoder.encode(frame)
    return [*packets, *encoder.encode(None)]


def _last(packets: list[Any]) -> Pixels:
    """Decode the last frame, height x width x 3, RGB."""
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    frames = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    # The numbers alone: with the siting of chroma that the decoder attaches, colours would come back shifted.
    bare = av.VideoFrame.from_ndarray(frames[-1].to_ndarray(), format="yuv420p")
    shown = bare.reformat(format="rgb24", interpolation=EXACT, threads=1)
    return np.asarray(shown.to_ndarray(), np.uint8)
