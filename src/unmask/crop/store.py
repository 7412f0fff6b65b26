"""How a crop is kept: a lossless PNG in a shard."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.errors import DataError
from unmask.hashing import bytes_sha256
from unmask.shards import Place, read_at

Image = NDArray[np.uint8]

# Stated, so that the bytes do not follow a library's defaults. A crop of 128 pixels takes 27 kB and 0.9 ms;
# level 6 with all filters takes 25 kB and 5 ms.
PNG = (
    *(cv2.IMWRITE_PNG_COMPRESSION, 1),
    *(cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG),
    *(cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE),
)


def encode(image: Image) -> bytes:
    """Encode an RGB picture as PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), PNG)
    assert done
    return bytes(data)


def decode(data: bytes) -> Image:
    """Undo `encode`."""
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR_RGB)
    return np.asarray(image, dtype=np.uint8)


def read_crop(folder: Path, place: Place, sha256: str | None = None) -> Image:
    """Read a crop by one `pread`.

    Args:
        folder: The corpus' folder of crop shards.
        place: Where the crop lies.
        sha256: Hash that its bytes must have; without one nothing is checked.

    Returns:
        Size x size x 3, RGB.

    Raises:
        DataError: The shard is missing, too short, or holds other bytes than the hash says.
    """
    data = read_at(folder, place)
    if sha256 is not None and bytes_sha256(data) != sha256:
        raise DataError(
            f"{folder / place.shard} holds another crop at byte {place.offset} than the table says; "
            "fetch it again with `dvc checkout`, or run crop and split again."
        )
    return decode(data)
