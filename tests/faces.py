"""Face pictures of a few pixels, each told from the others by its place in the list and its name."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from unmask.hashing import stable_hash

Image = np.ndarray[Any, np.dtype[np.uint8]]


def picture(name: str, size: int = 24) -> Image:
    """Draw noise that follows from a name: RGB, size x size."""
    return np.random.default_rng(stable_hash(name)).integers(0, 256, (size, size, 3), dtype=np.uint8)


def write_picture(path: Path, image: Image) -> Path:
    """Write an RGB picture in the format that its suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return path


def plant_pictures(root: Path, names: Iterable[str], size: int = 24) -> Path:
    """Put a picture of its own below a root under every name."""
    for name in names:
        write_picture(root / name, picture(name, size))
    return root
