"""How a crop is read: one `pread`, checked by its hash; its first bytes say whether it is PNG or JPEG."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from unmask.errors import DataError
from unmask.hashing import bytes_sha256
from unmask.shards import Place, read_at

Image = NDArray[np.uint8]


def suffix(data: bytes) -> str:
    r"""Tell from a crop's first bytes how its file's name ends.

    Example:
        >>> suffix(b"\xff\xd8\xff"), suffix(b"\x89PNG")
        ('.jpg', '.png')
    """
    return ".jpg" if data.startswith(b"\xff\xd8\xff") else ".png"


def decode(data: bytes) -> Image:
    """Undo `encode`, as far as its format loses nothing; both formats are told by their first bytes."""
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
