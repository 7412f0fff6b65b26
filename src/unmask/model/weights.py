"""Weights: a file is read, checked against its hash, and fills a network whose tensors must be the file's."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from unmask.errors import DataError
from unmask.hashing import bytes_sha256
from unmask.model.tensors import Tensors, content, decode, foreign, read

# Counts that a batch norm keeps for itself; older files do not have them, and nothing depends on them.
COUNTS = ".num_batches_tracked"


def load_weights(network: torch.nn.Module, path: Path) -> None:
    """Fill a network with what `train` saved of one of its kind.

    Raises:
        DataError: The file is missing or broken, or its tensors are not those of the network.
    """
    fill(network, read(path), path)


def start_from(backbone: torch.nn.Module, path: Path, sha256: str, classifiers: Sequence[str]) -> None:
    """Fill a backbone with weights that somebody else trained, its classifier only if it is of the same shape.

    Args:
        backbone: A model of timm.
        path: The file.
        sha256: What the file's SHA-256 must be.
        classifiers: Names of the layers that classify.

    Raises:
        DataError: The file is missing, broken or another one, or its tensors are not those of the backbone; the
            message begins with the key of the recipe.
    """
    with _named():
        data = content(path)
    if (found := bytes_sha256(data)) != sha256:
        more = f"; {said}" if (said := foreign(data)) else ""
        raise DataError(
            f"`model.sha256`: the weights {path} are not those that it names: {sha256}; they are {found}{more}."
        )
    with _named():
        given, own = decode(data, path), backbone.state_dict()
        if any(differences(own, _fitting(own, given, classifiers)).values()):
            given = _renamed(backbone, given)
        given = _fitting(own, given, classifiers)
        _check_finite(own, given, path)
        fill(backbone, given, path)


@contextmanager
def _named() -> Iterator[None]:
    """Let errors begin with the key of the recipe that names the file."""
    try:
        yield
    except DataError as error:
        raise DataError(f"`model.weights`: {error}") from None


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
    """Name the tensors that are missing, unexpected, of another shape, or numbers of another kind."""
    missing = [name for name in own.keys() - given.keys() if not name.endswith(COUNTS)]
    both = sorted(own.keys() & given.keys())
    kinds = [n for n in both if own[n].is_floating_point() != given[n].is_floating_point() and not n.endswith(COUNTS)]
    return {
        "missing": sorted(missing),
        "unexpected": sorted(given.keys() - own.keys()),
        "of another shape": [name for name in both if own[name].shape != given[name].shape],
        "of another kind": [f"{n} is {_type(given[n])} and not {_type(own[n])}" for n in kinds],
    }


def _check_finite(own: Tensors, given: Tensors, path: Path) -> None:
    """Refuse what would make every answer NaN: files are kept of trainings that failed, too."""
    # A mask may have infinities, and the network's own has them too.
    bad = [n for n, tensor in given.items() if not _is_finite(tensor) and n in own and _is_finite(own[n])]
    if bad:
        raise DataError(
            f"the weights {path} hold NaN or infinity in {len(bad)} of {len(given)} tensors ({_some(sorted(bad))}); "
            "name others, for no network can work with them."
        )


def _is_finite(tensor: torch.Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor.float()).all())


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


def _some(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _type(tensor: torch.Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
