"""The original weights, read out of the installed facenet-pytorch without importing it or torch (two seconds)."""

import io
import pickle
import struct
from collections import OrderedDict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from unmask.detect.detector import Floats
from unmask.errors import DataError

PACKAGE = "facenet_pytorch"
# What `torch.save` wrote before version 1.6, one pickle after the other; the fourth holds the tensors' places.
HEADERS = 3


def read(network: str) -> dict[str, Floats]:
    """Read the weights of a network.

    Args:
        network: `pnet`, `rnet` or `onet`.

    Returns:
        Arrays by name, such as `conv1.weight`.

    Raises:
        ModuleNotFoundError: facenet-pytorch is not installed.
        DataError: Its file of weights is missing or looks otherwise.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"No module named '{PACKAGE}'", name=PACKAGE)
    path = Path(spec.submodule_search_locations[0]) / "data" / f"{network}.pt"
    try:
        return tensors(path.read_bytes())
    except (OSError, ValueError, EOFError, KeyError, struct.error, pickle.UnpicklingError) as error:
        raise DataError(f"{path} holds no weights that can be read ({error}); install {PACKAGE} anew.") from None


def tensors(data: bytes) -> dict[str, Floats]:
    """Read what `torch.save` wrote of a mapping of names to tensors of 32-bit floats, before version 1.6.

    Nothing in it is executed: names other than those of a mapping and a tensor are refused.

    Raises:
        UnpicklingError: It holds something else.
    """
    file = io.BytesIO(data)
    for _ in range(HEADERS):
        _Places(file).load()
    places = _Places(file).load()
    stored = {}
    for key in _Places(file).load():
        (count,) = struct.unpack("<q", file.read(8))
        stored[key] = np.frombuffer(file.read(4 * count), "<f4")
    return {name: _array(stored[key], *place) for name, (key, *place) in places.items()}


def _array(stored: Floats, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Floats:
    """Take a tensor out of its storage; strides count elements."""
    last = offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    if not 0 <= offset <= last < len(stored) or min(strides) < 0:
        raise ValueError("a tensor reaches outside its storage")
    view = np.lib.stride_tricks.as_strided(stored[offset:], shape, [4 * stride for stride in strides])
    return np.ascontiguousarray(view, dtype=np.float32)


def _place(key: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> tuple[Any, ...]:
    return key, offset, shape, strides


# All that such a file may name.
KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _place,
    ("torch", "FloatStorage"): None,
}


class _Places(pickle.Unpickler):
    """A reader that knows tensors by their places and no code at all."""

    def find_class(self, module: str, name: str) -> Any:
        """Look a name up."""
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return KNOWN[module, name]

    def persistent_load(self, pid: Any) -> Any:
        """Give the key of a storage."""
        return pid[2]
