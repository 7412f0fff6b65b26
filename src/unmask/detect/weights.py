"""Weights of a face detector: the file that the parameters name, with the hash that it must have."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from unmask.errors import DataError, blocked
from unmask.hashing import bytes_sha256

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="a SHA-256: 64 of the digits 0 to 9 and a to f")]


def read(path: Path, sha256: str) -> bytes:
    """Read a file of weights.

    Args:
        path: Where it lies, relative to the repository's root or absolute.
        sha256: What its SHA-256 must be, or begin with: hexadecimal digits.

    Returns:
        The file's content: exactly what was hashed, so that no other bytes are loaded afterwards.

    Raises:
        DataError: There is no such file, or it is another one.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"`detect.detector.weights`: {blocked(error) or f'{path} cannot be read.'}") from None
    found = bytes_sha256(data)
    if not found.startswith(sha256):
        raise DataError(
            f"`detect.detector.weights`: {path} is not the file that `sha256` names: "
            f"it must be {sha256}, but it is {found}."
        )
    return data
