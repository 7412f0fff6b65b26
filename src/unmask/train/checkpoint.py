"""The checkpoint: what a killed training resumes from, kept in the work cache until the training is done."""

import io
import shutil
from dataclasses import dataclass, field, fields
from pickle import UnpicklingError
from typing import Any

import torch

from unmask.storage import folder, store


@dataclass
class State:
    """Where a training stands after an epoch, in values that `torch.load(weights_only=True)` reads.

    Attributes:
        history: The numbers of every epoch done.
        best: Number of the best epoch, from 1; 0 before the first.
        best_model: The tensors of the best epoch.
        model: The tensors of the last epoch.
        optimizer: The optimizer's state.
        scaler: The state of the loss scaling that fp16 needs; empty otherwise.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best: int = 0
    best_model: dict[str, torch.Tensor] = field(default_factory=dict)
    model: dict[str, torch.Tensor] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Count the epochs done."""
        return len(self.history)


class Checkpoint:
    """One file in the work cache, named by everything that the training depends on."""

    def __init__(self, name: str) -> None:
        """Take the name: a digest of manifests, recipe and code."""
        self.path = folder() / "train" / name / "checkpoint.pt"

    def load(self) -> State:
        """Give the state of the last finished epoch, or a new one."""
        try:
            return State(**torch.load(self.path, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError, EOFError, UnpicklingError, TypeError):
            # Not there, or cut short by a full disk: then the epochs are lost, the training is not.
            return State()

    def save(self, state: State) -> None:
        """Keep a state; a kill while it is written leaves the one before."""
        data = io.BytesIO()
        torch.save({part.name: getattr(state, part.name) for part in fields(state)}, data)
        store(self.path, data.getvalue())

    def remove(self) -> None:
        """Remove it: the training is done."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def copy_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Copy a network's tensors, so that further steps do not change them."""
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
