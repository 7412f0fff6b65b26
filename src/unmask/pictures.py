"""Face pictures: one picture decoded, and what a folder of pictures announces; both run in the sandbox."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from unmask.errors import VideoError
from unmask.folders import pictures
from unmask.video import Probe

# First bytes of the formats that are read, whatever the suffix says.
FORMATS = {"png": b"\x89PNG\r\n\x1a\n", "mjpeg": b"\xff\xd8\xff", "webp": b"RIFF", "bmp": b"BM"}

Image = np.ndarray[Any, np.dtype[np.uint8]]


def probe(path: Path, max_pixels: int) -> Probe:
    """Decode the first picture of a folder, and count them all.

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
