"""Folders of face pictures: which files are pictures, their order and numbers, and what tells that they changed."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from unmask.errors import VideoError
from unmask.hashing import digest, file_sha256

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
# Frame numbers are 32-bit.
LARGEST = 2**31 - 1


def is_picture(name: str) -> bool:
    """Tell by its name whether a file is a picture; hidden ones are not."""
    return name[0] != "." and os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122, called a million times


def pictures(path: Path) -> list[Path]:
    """List the pictures of a folder, those below it left out, or give the one picture that the path is.

    Returns:
        Paths in the order of the numbers in their names, `9.png` before `10.png`.

    Raises:
        VideoError: There is none.
    """
    if path.is_file():
        return [path]
    found: list[Path] = []
    if path.is_dir():
        with os.scandir(path) as entries:
            # Links to nothing, and what is no file, are no pictures.
            found = [path / entry.name for entry in entries if is_picture(entry.name) and entry.is_file()]
    if not found:
        raise VideoError("holds no picture")
    return sorted(found, key=lambda picture: natural(picture.name))


def natural(name: str) -> list[tuple[int, str]]:
    """Give the key that sorts names with numbers as people do.

    Example:
        >>> sorted(["10.png", "9.png", "9_1.png", "x.png"], key=natural)
        ['9.png', '9_1.png', '10.png', 'x.png']
    """
    stem = name.rpartition(".")[0] or name
    parts = [(int(part), "") if part.isdecimal() else (LARGEST, part) for part in re.split(r"(\d+)", stem) if part]
    return [*parts, (-1, name)]


def numbers(names: Sequence[str]) -> list[int]:
    """Number the pictures of a folder.

    Args:
        names: File names, in order.

    Returns:
        The numbers that the names end in, where all are alike but for these (`7.png`, `frame_7.png`); places in the
        folder from 0 otherwise.

    Example:
        >>> numbers(["12.png", "17.png"])
        [12, 17]
        >>> numbers(["seed0003.png", "seed0100.jpg"])
        [3, 100]
        >>> numbers(["012.png", "012_1.png", "013.png"])
        [0, 1, 2]
    """
    matches = [re.fullmatch(r"(.*?)([0-9]+)\.\w+", name) for name in names]
    found = [int(match[2]) for match in matches if match is not None]
    alike = len({match[1] for match in matches if match is not None}) == 1 and len(found) == len(names)
    return found if alike and len(set(found)) == len(found) and max(found) <= LARGEST else list(range(len(names)))


def identity(path: Path) -> str:
    """Hash all that changes when a picture is changed, added or taken away, without reading any."""
    stats = [(picture.name, picture.stat()) for picture in pictures(path)]
    return digest([[n, s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns] for n, s in stats])


def size(path: Path) -> int:
    """Add up the bytes of the pictures."""
    return sum(picture.stat().st_size for picture in pictures(path))


def sha256(path: Path) -> str:
    """Hash the pictures' names and bytes; of a single picture, its bytes.

    Returns:
        64 hexadecimal digits.
    """
    if path.is_file():
        return file_sha256(path)
    return digest([[picture.name, file_sha256(picture)] for picture in pictures(path)])
