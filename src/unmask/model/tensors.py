"""Tensors of a file: read, and nothing run that stands in it."""

import argparse
import io
import re
import warnings
from pathlib import Path
from pickle import UnpicklingError
from zipfile import is_zipfile

import torch
from safetensors.torch import load
from timm.models import clean_state_dict

from unmask.errors import DataError

Tensors = dict[str, torch.Tensor]

# Where training scripts keep the network in what they save; averaged weights first, as in timm.
INSIDE = ("state_dict_ema", "model_ema", "state_dict", "model")
NONE = "it holds no state dict"
# What comes in place of weights, by how it begins.
SIGNS = {
    rb"\Z": "it is empty",
    rb"version https://git-lfs": "it is a Git LFS pointer; `git lfs pull` fetches the file",
    rb"\s*<(!doctype|html|head|\?xml)": "it is a web page; download the file itself",
}


def read(path: Path) -> Tensors:
    """Read the tensors of a file.

    Args:
        path: Where it lies: .safetensors, or what `torch.save` wrote.

    Raises:
        DataError: There is no such file, or it holds no tensors.
    """
    return decode(content(path), path)


def content(path: Path) -> bytes:
    """Read the bytes of a file.

    Raises:
        DataError: There is no such file.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"the weights {path} do not exist.") from None
    except OSError as error:
        said = "it is a folder" if path.is_dir() else str(error.strerror)
        raise DataError(f"the weights {path} are not a readable {_kind(path)} file: {said}.") from None


def decode(data: bytes, path: Path) -> Tensors:
    """Take the tensors out of the bytes of a file.

    Raises:
        DataError: They hold no tensors.
    """
    try:
        return load(data) if path.suffix == ".safetensors" else _saved(data)
    except Exception as error:
        # A damaged file may make its reader raise anything.
        raise DataError(f"the weights {path} are not a readable {_kind(path)} file: {_why(data, error)}.") from None


def foreign(data: bytes) -> str:
    """Say what came in place of a file of weights, if that is plain.

    Example:
        >>> foreign(b" <!DOCTYPE html><p>Not found")
        'it is a web page; download the file itself'
    """
    return next((said for sign, said in SIGNS.items() if re.match(sign, data[:99], re.IGNORECASE)), "")


def _saved(data: bytes) -> Tensors:
    # timm's own training saves its command line beside the tensors.
    with torch.serialization.safe_globals([argparse.Namespace]), warnings.catch_warnings():
        # It is refused, and need not be told before.
        warnings.filterwarnings("ignore", message=".*looks like a TorchScript archive")
        found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    if not isinstance(found, dict):
        raise ValueError(NONE)
    inside = next((found[key] for key in INSIDE if isinstance(found.get(key), dict)), found)
    if not inside or not all(isinstance(n, str) and isinstance(t, torch.Tensor) for n, t in inside.items()):
        raise ValueError(NONE)
    tensors: Tensors = clean_state_dict(inside)
    return tensors


def _why(data: bytes, error: Exception) -> str:
    """Say why a file cannot be read; torch's own words advise to run what stands in it."""
    if (said := foreign(data)) or (said := str(error)) == NONE:
        return said
    pickled = isinstance(error, UnpicklingError) and ("global" in str(error) or is_zipfile(io.BytesIO(data)))
    if pickled or "TorchScript" in str(error):
        return "it holds more than tensors, which is not run; save `model.state_dict()` alone"
    return "it was not written as one, or is cut off"


def _kind(path: Path) -> str:
    return "".join(path.suffixes[-2:] if path.name.endswith(".pth.tar") else path.suffixes[-1:])
