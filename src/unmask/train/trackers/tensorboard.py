"""TensorBoard: the numbers of every epoch as scalars, below `<folder>/tensorboard`."""

import shutil
from collections.abc import Mapping
from typing import Any

from unmask.train.tracking import Run

# Modules that it imports, and the packages of pip that bring them.
NEEDS = {"tensorboard": "tensorboard"}


class Tracker:
    """One run's file of events."""

    def __init__(self, run: Run) -> None:
        """Begin the file anew: what a killed run had told is told again."""
        from torch.utils.tensorboard import SummaryWriter

        folder = run.folder / "tensorboard" / run.name
        shutil.rmtree(folder, ignore_errors=True)
        self._writer: Any = SummaryWriter(str(folder))
        self._writer.add_text("recipe", "".join(f"    {line}\n" for line in run.recipe.splitlines()))

    def add(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Add the numbers of an epoch, counted from 1."""
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def finish(self, broke: bool) -> None:
        """Close the file, which has no place for how the training ended."""
        self._writer.close()
