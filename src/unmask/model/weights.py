"""Weights: a file is read, checked against its hash, and fills a network whose tensors must be the file's."""

import argparse
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from timm.models import clean_state_dict

from unmask.errors import DataError
from unmask.hashing import bytes_sha256

Tensors = dict[str, torch.Tensor]

# Where training scripts keep the network in what they save; averaged weights first, as in timm.
INSIDE = ("state_dict_ema", "model_ema", "state_dict", "model")
# Counts that a batch norm keeps for itself; older files do not have them, and nothing depends on them.
COUNTS = ".num_batches_tracked"


def load_weights(network: torch.nn.Module, path: Path) -> None:
    """Fill a network with what `train` saved of one of its kind.

    Raises:
        DataError: The file is missing or broken, or its tensors are not those of the network.
    """
    fill(network, read(path, sha256=""), path)


def start_from(backbone: torch.nn.Module, path: Path, sha256: str, classifiers: Sequence[str]) -> None:
    """Fill a backbone with weights that somebody else trained, its classifier only if it is of the same shape.

    Args:
        backbone: A model of timm.
        path: The file.
        sha256: What the file's SHA-256 must be.
        classifiers: Names of the layers that classify.

    Raises:
        DataError: The file is missing, broken or another one, or its tensors are not those of the backbone.
    """
    given, own = read(path, sha256), backbone.state_dict()
    if any(differences(own, _fitting(own, given, classifiers)).values()):
        given = _renamed(backbone, given)
    fill(backbone, _fitting(own, given, classifiers), path)


def read(path: Path, sha256: str) -> Tensors:
    """Read the tensors of a file, and run nothing that stands in it.

    Args:
        path: Where it lies: .safetensors, or what `torch.save` wrote.
        sha256: What its SHA-256 must be, or begin with.

    Raises:
        DataError: There is no such file, it is another one, or it holds no tensors.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"the weights {path} do not exist.") from None
    except OSError as error:
        said = "it is a folder" if path.is_dir() else str(error.strerror)
        raise DataError(f"the weights {path} are not a readable {_kind(path)} file: {said}.") from None
    if not (found := bytes_sha256(data)).startswith(sha256):
        raise DataError(f"the weights {path} are not those that `model.sha256` names: {sha256}; they are {found}.")
    try:
        return load(data) if path.suffix == ".safetensors" else _saved(data)
    except (SafetensorError, UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        # What torch says of a file that it refuses fills a screen; its first line tells.
        said = (str(error).splitlines() or ["it is empty"])[0].rstrip(".")
        said = "its bytes are none" if isinstance(error, KeyError) else said
        raise DataError(f"the weights {path} are not a readable {_kind(path)} file: {said}.") from None


def fill(network: torch.nn.Module, given: Tensors, path: Path) -> None:
    """Fill a network; what is told of tensors that differ is how many, and a few of their names.

    Args:
        network: The network to fill.
        given: The tensors of a file.
        path: The file, for the message.

    Raises:
        DataError: They are not those of the network.
    """
    own = network.state_dict()
    wrong = {what: names for what, names in differences(own, given).items() if names}
    if wrong:
        parts = [f"{len(names)} {what} ({_some(names)})" for what, names in wrong.items()]
        raise DataError(f"the weights {path} do not fit the model: tensors {'; '.join(parts)}.")
    network.load_state_dict(own | given)


def differences(own: Mapping[str, torch.Tensor], given: Mapping[str, torch.Tensor]) -> dict[str, list[str]]:
    """Name the tensors that are missing, unexpected, or of another shape."""
    missing = [name for name in own.keys() - given.keys() if not name.endswith(COUNTS)]
    shapes = [name for name in own.keys() & given.keys() if own[name].shape != given[name].shape]
    unexpected = given.keys() - own.keys()
    return {"missing": sorted(missing), "unexpected": sorted(unexpected), "of another shape": sorted(shapes)}


def _fitting(own: Tensors, given: Tensors, classifiers: Sequence[str]) -> Tensors:
    """Take the network's own classifier instead of one of other classes."""
    mine, theirs = ({n: t for n, t in of.items() if n.rpartition(".")[0] in classifiers} for of in (own, given))
    if {n: t.shape for n, t in mine.items()} == {n: t.shape for n, t in theirs.items()}:
        return given
    return {n: t for n, t in given.items() if n not in theirs} | mine


def _renamed(backbone: torch.nn.Module, given: Tensors) -> Tensors:
    """Give tensors the names and sizes they have in timm: of a paper's own code, or of another size of input."""
    # By timm's custom the function stands beside the model that it is for.
    translate: Any = getattr(sys.modules[type(backbone).__module__], "checkpoint_filter_fn", None)
    if translate is None:
        return given
    try:
        renamed: Tensors = translate(dict(given), backbone)
    except Exception:
        # It was made for certain files alone; of any other the names are told as they are.
        return given
    return renamed


def _saved(data: bytes) -> Tensors:
    # timm's own training saves its command line beside the tensors.
    with torch.serialization.safe_globals([argparse.Namespace]):
        found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    if not isinstance(found, dict):
        raise ValueError("it holds no state dict")
    inside = next((found[key] for key in INSIDE if isinstance(found.get(key), dict)), found)
    tensors: Tensors = clean_state_dict(inside)
    if not tensors or not all(isinstance(tensor, torch.Tensor) for tensor in tensors.values()):
        raise ValueError("it holds no state dict")
    return tensors


def _kind(path: Path) -> str:
    return "".join(path.suffixes[-2:] if path.name.endswith(".pth.tar") else path.suffixes[-1:])


def _some(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
