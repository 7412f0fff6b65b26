"""Pictures: still ones and animated ones decoded, and what a file or a folder of them announces; all in the sandbox."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import VideoError
from unmask.folders import pictures
from unmask.video import Probe
from unmask.video import probe as probe_video

# First bytes of the formats that are read, whatever the suffix says.
FORMATS = {"png": b"\x89PNG\r\n\x1a\n", "mjpeg": b"\xff\xd8\xff", "webp": b"RIFF", "bmp": b"BM"}
# What a file can be: a single picture, an animated WebP, which FFmpeg cannot read, another animation, or none of these.
STILL, WEBP, ANIMATION, NEITHER = "still", "webp", "animation", ""

Image = np.ndarray[Any, np.dtype[np.uint8]]


def sort_of(path: Path) -> str:
    """Tell by its content whether a file is a picture or an animation: one of the sorts above.

    Raises:
        VideoError: It is an animated WebP that is cut off in its first bytes.
    """
    with path.open("rb") as file:
        data = file.read(1 << 16)
    if data.startswith(b"GIF8"):
        return ANIMATION
    if data.startswith(FORMATS["png"]):
        # The chunk that announces frames stands before the pixels (PNG specification, third edition, 11.3.6.1).
        return ANIMATION if b"acTL" in data.partition(b"IDAT")[0] else STILL
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        # Flags of the extended header (WebP container specification).
        return WEBP if data[12:16] == b"VP8X" and len(data) > 20 and data[20] & 2 else STILL
    return STILL if data.startswith((FORMATS["mjpeg"], FORMATS["bmp"])) else NEITHER


def probe_file(path: Path, max_pixels: int) -> Probe:
    """Read what a video, an animation or a picture announces about itself, and decode its first frame.

    Raises:
        VideoError: It cannot be opened, is too large, or no frame decodes.
    """
    sort = sort_of(path)
    if sort == STILL:
        return probe(path, max_pixels)
    if sort == WEBP:
        times = webp_times(path, max_pixels)
        height, width = decode_webp(path, [0])[0].shape[:2]
        return Probe(width, height, 0, (len(times) - 1) / times[-1], len(times) - 1, times[-1], "webp", "rgb24")
    return probe_video(path, max_pixels)


def probe(path: Path, max_pixels: int) -> Probe:
    """Decode the first picture of a folder, or the one that the path is, and count them all.

    Raises:
        VideoError: There is none, or the first cannot be decoded.
    """
    held = pictures(path)
    height, width = decode(held[0], max_pixels).shape[:2]
    with held[0].open("rb") as file:
        codec = format_of(file.read(16))
    return Probe(width, height, 0, 0.0, len(held), 0.0, codec, pixel_format="rgb24")


def format_of(data: bytes) -> str:
    """Name the format of a picture by its first bytes, as FFmpeg names its codec; empty if it is none that is read.

    Example:
        >>> format_of(b"BM6")
        'bmp'
    """
    return next((name for name, first in FORMATS.items() if data.startswith(first)), "")


def decode(path: Path, max_pixels: int) -> Image:
    """Decode a picture; call it in the sandbox.

    Args:
        path: The picture.
        max_pixels: It may not have more pixels.

    Returns:
        RGB, uint8 [height, width, 3], turned as its EXIF tag says; transparency and more than 8 bits are lost.

    Raises:
        VideoError: It is no picture, or too large.
    """
    import cv2  # takes a fifth of a second, and most videos do not need it

    data = path.read_bytes()
    if not format_of(data):
        raise VideoError(f"{path.name} is not a picture in PNG, JPEG, WebP or BMP")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None:
        raise VideoError(f"{path.name} cannot be decoded")
    height, width = image.shape[:2]
    if height * width > max_pixels:
        raise VideoError(f"{path.name} of {width}x{height} has more than {max_pixels} pixels")
    return np.asarray(image, np.uint8)


def webp_times(path: Path, max_pixels: int) -> list[float]:
    """Read when the frames of an animated WebP begin, without decoding any.

    Args:
        path: The animation.
        max_pixels: Its frames may not have more pixels.

    Returns:
        Seconds at which each frame begins, and at which the last one ends.

    Raises:
        VideoError: It has no frame, or they are too large.
    """
    data = path.read_bytes()
    # Three bytes each: width and height less one, from byte 4 of the extended header.
    width, height = (1 + int.from_bytes(data[place : place + 3], "little") for place in (24, 27))
    if width * height > max_pixels:
        raise VideoError(f"a frame of {width}x{height} has more than {max_pixels} pixels")
    # Milliseconds, from byte 12 of a frame; players take nothing for a tenth of a second, as for GIF.
    lasting = [int.from_bytes(frame[12:15], "little") or 100 for frame in _chunks(data, b"ANMF")]
    if not lasting:
        raise VideoError("no frame decodes")
    return [milliseconds / 1000 for milliseconds in accumulate(lasting, initial=0)]


def decode_webp(path: Path, frames: Sequence[int]) -> list[Image]:
    """Decode some frames of an animated WebP, each as it is shown over those before it.

    Returns:
        RGB, uint8 [height, width, 3] each; transparency is lost.

    Raises:
        VideoError: One does not decode.
    """
    import cv2

    data = np.fromfile(path, np.uint8)
    images = []
    for number in frames:
        done, found = cv2.imdecodeanimation(data, start=number, count=1)
        if not done or not found.frames:
            raise VideoError(f"frame {number} of the animation cannot be decoded")
        images.append(np.ascontiguousarray(found.frames[0][..., 2::-1], np.uint8))
    return images


def _chunks(data: bytes, name: bytes) -> Iterator[bytes]:
    """Give the payload of the whole chunks of a name in a RIFF file."""
    place = 12
    while place + 8 <= len(data):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        if data[place : place + 4] == name and place + 8 + size <= len(data):
            yield data[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
