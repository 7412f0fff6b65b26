"""How a result becomes a file of the work cache: lengths and check sum, a head in JSON, binary pieces."""

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

# Length of the head, and check sum of all that follows.
HEADER = struct.Struct("<QI")


def pack(head: Mapping[str, Any], blobs: Mapping[str, bytes]) -> bytes:
    """Pack into bytes: length of the head and check sum, head as JSON, pieces one after another.

    Args:
        head: JSON-like values.
        blobs: Named pieces; the head comes to hold their sizes under `blobs`.
    """
    sizes = {name: len(data) for name, data in blobs.items()}
    written = json.dumps({**head, "blobs": sizes}).encode()
    body = b"".join([written, *blobs.values()])
    return HEADER.pack(len(written), zlib.crc32(body)) + body


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Undo `pack`.

    Raises:
        ValueError: The bytes are not all there, or are nothing packed.

    Example:
        >>> unpack(pack({"keep": True}, {"a": b"12", "b": b"3"}))
        ({'keep': True}, {'a': b'12', 'b': b'3'})
    """
    if len(data) < HEADER.size:
        raise ValueError("cut short")
    length, check = HEADER.unpack_from(data)
    if zlib.crc32(memoryview(data)[HEADER.size :]) != check:
        raise ValueError("torn")
    start = HEADER.size + length
    head = json.loads(data[HEADER.size : start])
    blobs = {}
    for name, size in head.pop("blobs").items():
        blobs[name] = data[start : start + size]
        start += size
    return head, blobs
