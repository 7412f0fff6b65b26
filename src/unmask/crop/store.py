"""How a crop is kept: a picture in a shard, a lossless PNG or a JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.crop.params import Jpeg, Picture

Image = NDArray[np.uint8]

# Stated, so that the bytes do not follow a library's defaults. At level 1 each row is taken as the difference from the
# mean of its neighbours, and only runs of one value are looked for; above, each row has the filter that suits it best.
# What this takes, in bytes and milliseconds, is measured in docs/crops.md.
FAST = (
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
)
SMALL = (
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_ALL_FILTERS),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_FILTERED),
)
PLAIN = (
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
    *(cv2.IMWRITE_JPEG_OPTIMIZE, 0),
    *(cv2.IMWRITE_JPEG_PROGRESSIVE, 0),
    *(cv2.IMWRITE_JPEG_RST_INTERVAL, 0),
)


def encode(image: Image, picture: Picture) -> bytes:
    """Encode an RGB picture; the same pixels give the same bytes."""
    options = (cv2.IMWRITE_JPEG_QUALITY, picture.quality, *PLAIN) if isinstance(picture, Jpeg) else _png(picture.level)
    done, data = cv2.imencode(picture.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    assert done
    return bytes(data)


def _png(level: int) -> tuple[int, ...]:
    return (cv2.IMWRITE_PNG_COMPRESSION, level, *(FAST if level == 1 else SMALL))
