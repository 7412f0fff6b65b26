"""Columns: Python values as an Arrow array, without the sixth of a second for which `pyarrow.array` imports pandas."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

# Letters of the standard library's arrays, which take no number that does not fit.
NUMBERS = {
    **{pa.int8(): "b", pa.int16(): "h", pa.int32(): "i", pa.int64(): "q"},
    **{pa.uint8(): "B", pa.uint16(): "H", pa.uint32(): "I", pa.uint64(): "Q"},
    **{pa.float32(): "f", pa.float64(): "d"},
}


def to_arrow(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Make an Arrow array of numbers, truth values, texts or bytes; of all else pyarrow makes it.

    Args:
        values: Values of that type, or None for null.
        kind: The type.

    Raises:
        TypeError, ValueError, OverflowError, pa.ArrowException: A value is not of the type, or does not fit.

    Example:
        >>> to_arrow(["a", None, "bc"], pa.string()).to_pylist()
        ['a', None, 'bc']
    """
    there = [value is not None for value in values]
    if kind in NUMBERS:
        data: list[Any] = [array(NUMBERS[kind], (0 if value is None else value for value in values))]
    elif kind == pa.bool_():
        data = [_bits(map(_truth, values))]
    elif kind == pa.string():
        data = _texts([b"" if value is None else str.encode(value) for value in values])
    elif kind == pa.binary():
        data = _texts([b"" if value is None else value for value in values])
    else:
        return pa.array(values, kind)
    valid = None if all(there) else pa.py_buffer(_bits(there))
    return pa.Array.from_buffers(kind, len(values), [valid, *map(pa.py_buffer, data)])


def _texts(texts: Sequence[bytes]) -> list[Any]:
    """Give where each text begins, and all of them."""
    return [array("i", accumulate(map(len, texts), initial=0)), b"".join(texts)]


def _truth(value: object) -> bool:
    if not isinstance(value, bool | np.bool_ | None):
        raise TypeError(f"{value!r} is neither true nor false")
    return bool(value)


def _bits(truths: Iterable[bool]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.packbits(np.fromiter(truths, bool), bitorder="little")
