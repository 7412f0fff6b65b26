"""Hashes that stay the same over runs, machines and Python versions."""

import hashlib
import json
from pathlib import Path

CHUNK = 1 << 20


def stable_hash(text: str) -> int:
    """Hash text to an unsigned 64-bit integer; unlike `hash`, the same in every process.

    Example:
        >>> stable_hash("celeb_df/Celeb-real/id0_0000")
        12449237289555513464
    """
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def file_sha256(path: Path) -> str:
    """Hash a file's content, read in pieces.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def bytes_sha256(data: bytes) -> str:
    """Hash bytes to 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def digest(*parts: object) -> str:
    """Hash JSON-like values (in canonical form: keys sorted, no spaces) to 64 hexadecimal digits."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return bytes_sha256(text.encode())
