"""Pixels: the formats in which frames are kept without loss, and their exact way to RGB."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import av
import numpy as np
from av.codec.codec import find_best_pix_fmt_of_list
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation

# Rounded exactly, chroma interpolated in full, and the same on every processor.
EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT | Interpolation.BITEXACT
# Values of AVColorSpace that swscale can turn into RGB: RGB, BT.709, unspecified (taken as BT.601, as everywhere in
# FFmpeg and OpenCV), FCC, BT.601 twice, SMPTE 240M and BT.2020.
UNSPECIFIED = 2
KNOWN_MATRICES = (0, 1, UNSPECIFIED, 4, 5, 6, 7, 9)
KNOWN_RANGES = (0, 1, 2)
FULL_RANGE = 2
# Values of OpenCV's cv2.RotateFlags, by degrees counter-clockwise.
TURNS = {90: 2, 180: 1, 270: 0}
# Pixel formats in which every frame can be kept: those of the lossless codec FFV1, which does not encode all of the
# floating-point ones that it lists.
STORABLE = tuple(
    sorted(f.name for f in av.Codec("ffv1", "w").video_formats or () if not f.name.endswith(("f16le", "f32le")))
)


def storable(frame: av.VideoFrame, formats: Sequence[str]) -> av.VideoFrame:
    """Copy a frame's pixels and colour tags into one that can be kept without loss and turned into RGB.

    Most pixel formats stay as they are; packed, semi-planar and 8-bit planar RGB ones are rearranged. All else that
    decoders attach is left behind. So is the siting of chroma, which codecs do not keep: as in OpenCV, it is ignored.
    Colour tags that mean nothing are taken off the given frame.

    Args:
        frame: As decoded.
        formats: Pixel formats in which it may come back.
    """
    frame.colorspace = frame.colorspace if frame.colorspace in KNOWN_MATRICES else UNSPECIFIED
    frame.color_range = frame.color_range if frame.color_range in KNOWN_RANGES else 0
    full = frame.format.name.startswith("yuvj")  # an old name of full range
    name, _ = nearest_format(frame.format.name, formats)
    kept = frame
    if name != frame.format.name.replace("yuvj", "yuv"):
        kept = frame.reformat(format=name, interpolation=EXACT, threads=1)
    copy = av.VideoFrame(frame.width, frame.height, name)
    _copy_pixels(kept, copy)
    copy.colorspace, copy.color_range = frame.colorspace, FULL_RANGE if full else frame.color_range
    copy.color_primaries, copy.color_trc = frame.color_primaries, frame.color_trc
    return copy


def detached(frame: av.VideoFrame) -> av.VideoFrame:
    """Copy a frame's pixels and colour tags, so that the decoder has its memory back.

    Decoders write damaged frames over what their memory held before; so that it is always the same, none is held back.
    """
    copy = av.VideoFrame(frame.width, frame.height, frame.format.name)
    _copy_pixels(frame, copy)
    copy.colorspace, copy.color_range = frame.colorspace, frame.color_range
    copy.color_primaries, copy.color_trc = frame.color_primaries, frame.color_trc
    return copy


def _copy_pixels(given: av.VideoFrame, taken: av.VideoFrame) -> None:
    for source, target in zip(given.planes, taken.planes, strict=True):
        lines, place = _lines(source), _lines(target)
        width = min(lines.shape[1], place.shape[1])
        place[:, :width] = lines[:, :width]


@cache
def nearest_format(name: str, formats: Sequence[str]) -> tuple[str, bool]:
    """Choose the pixel format in which another one can be kept.

    Args:
        name: Pixel format as FFmpeg calls it.
        formats: Those to choose from, as a tuple.

    Returns:
        One of them, and whether it holds the same numbers without loss.

    Example:
        >>> nearest_format("nv12", ("gray", "yuv420p", "yuv444p"))
        ('yuv420p', True)
        >>> nearest_format("p010le", ("gray", "yuv420p", "yuv444p"))
        ('yuv420p', False)
    """
    name = name.replace("yuvj", "yuv")
    if name in formats:
        return name, True
    given = av.VideoFormat(name)
    alpha = any(component.is_alpha for component in given.components)
    best, loss = find_best_pix_fmt_of_list(formats, name, has_alpha=alpha)
    assert best is not None, "there are formats"
    return best.name, not loss and best.is_rgb == given.is_rgb


def rgb(frame: av.VideoFrame, rotation: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Convert a frame, as decoded, to RGB; see `upright`."""
    return upright(storable(frame, STORABLE), rotation)


def upright(frame: av.VideoFrame, rotation: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Convert a frame to RGB with the colour matrix and range it is tagged with, and turn it upright.

    Untagged frames are BT.601 of limited range whatever their size, so that a resized copy has the same colours.
    High dynamic range is not mapped.

    Args:
        frame: As `storable` gives it, or as read from a clip.
        rotation: Degrees counter-clockwise, a multiple of 90.

    Returns:
        uint8 [height, width, 3], contiguous.
    """
    import cv2  # turns seven times as fast as NumPy

    # Planes are converted a third faster than packed pixels, merging included.
    planar = frame.reformat(format="gbrp", interpolation=EXACT, threads=1)
    green, blue, red = (_lines(plane)[:, : planar.width] for plane in planar.planes)
    image = cv2.merge([red, green, blue])
    return np.asarray(cv2.rotate(image, TURNS[rotation % 360]) if rotation % 360 else image)


def _lines(plane: VideoPlane) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """View a plane's bytes, padding included, as uint8 [lines, bytes], the upper line first."""
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, -1)
    return lines[::-1] if plane.line_size < 0 else lines
