"""Weights & Biases: offline below `<folder>/wandb` (`wandb sync` sends it), or live with `WANDB_MODE=online`."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ruamel.yaml import YAML

from unmask.train.tracking import Run

# Modules that it imports, and the packages of pip that bring them.
NEEDS = {"wandb": "wandb"}


class Tracker:
    """One run."""

    def __init__(self, run: Run) -> None:
        """Begin a run with the recipe as its configuration."""
        run.folder.mkdir(parents=True, exist_ok=True)
        library: Any = import_module("wandb")
        self._run: Any = library.init(
            project=os.environ.get("WANDB_PROJECT", "unmask"),
            name=run.name,
            config=YAML(typ="safe").load(run.recipe),
            dir=str(run.folder),
            mode=os.environ.get("WANDB_MODE", "offline"),
        )

    def add(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Add the numbers of an epoch, counted from 1."""
        self._run.log(dict(numbers), step=epoch)

    def finish(self, broke: bool) -> None:
        """End the run, as finished or as failed."""
        self._run.finish(exit_code=int(broke))
