"""The checkpoint: what a killed training resumes from, kept in the work cache until the training is done."""

import io
import os
import shutil
import time
from dataclasses import dataclass, field, fields
from math import inf
from pickle import UnpicklingError
from typing import Any

import torch

from unmask.errors import EngineError
from unmask.storage import folder, store

Tensors = dict[str, torch.Tensor]


@dataclass
class State:
    """Where a training stands, in values that `torch.load(weights_only=True)` reads.

    Attributes:
        history: The numbers of every epoch done.
        best: Number of the best epoch, from 1; 0 before the first.
        best_model: The tensors of the best epoch.
        step: Steps done in the epoch that is under way.
        losses: Their losses, and 0 for those to come.
        steps: Steps done in all.
        model: The tensors of the network.
        average: Those of its moving average; empty if there is none.
        optimizer: The optimizer's state.
        scaler: The state of the loss scaling that fp16 needs; empty otherwise.
        random: The states of torch's generators in mid-epoch; every other draw follows from seed, epoch and crop.
    """

    history: list[dict[str, float]] = field(default_factory=list)
    best: int = 0
    best_model: Tensors = field(default_factory=dict)
    step: int = 0
    losses: torch.Tensor = field(default_factory=lambda: torch.zeros(0))
    steps: int = 0
    model: Tensors = field(default_factory=dict)
    average: Tensors = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)
    random: Tensors = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Count the epochs done."""
        return len(self.history)


class Checkpoint:
    """One file in the work cache, named by everything that the training depends on."""

    def __init__(self, name: str, *, writes: bool = True) -> None:
        """Note where it is.

        Args:
            name: A digest of manifests, recipe and code.
            writes: Whether this process writes it; among several, one does.

        Raises:
            EngineError: `UNMASK_CHECKPOINT_SECONDS` is no number of seconds.
        """
        self.path = folder() / "train" / name / "checkpoint.pt"
        self._writes, self._seconds, self._last = writes, _seconds(), time.monotonic()

    def load(self) -> State:
        """Give the state that was saved last, or a new one."""
        try:
            return State(**torch.load(self.path, map_location="cpu", weights_only=True))
        except (OSError, RuntimeError, EOFError, UnpicklingError, TypeError):
            # Not there, or cut short by a full disk: then the epochs are lost, the training is not.
            return State()

    @property
    def due(self) -> bool:
        """Tell whether the last one is so old that another is worth its time in mid-epoch."""
        return self._writes and time.monotonic() - self._last >= self._seconds

    def save(self, state: State) -> None:
        """Keep a state; a kill while it is written leaves the one before."""
        if not self._writes:
            return
        data = io.BytesIO()
        torch.save({part.name: getattr(state, part.name) for part in fields(state)}, data)
        store(self.path, data.getvalue())
        self._last = time.monotonic()

    def remove(self) -> None:
        """Remove it: the training is done."""
        if self._writes:
            shutil.rmtree(self.path.parent, ignore_errors=True)


def copy_of(model: torch.nn.Module) -> Tensors:
    """Copy a network's tensors, so that further steps do not change them."""
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def _seconds() -> float:
    """Give the seconds between two checkpoints in mid-epoch: `UNMASK_CHECKPOINT_SECONDS`, or 300.

    No parameter of the recipe, for it changes no byte, only how much a kill costs: a training goes on with the same
    bits from wherever it was saved. Seconds, not steps: so it takes the same small share of any training's time.
    """
    text = os.environ.get("UNMASK_CHECKPOINT_SECONDS") or "300"
    try:
        seconds = float(text)
    except ValueError:
        seconds = inf
    if not 0 <= seconds < inf:
        raise EngineError(f"UNMASK_CHECKPOINT_SECONDS is `{text}`; it must be a number of seconds, 0 or more.")
    return seconds
