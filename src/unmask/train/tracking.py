"""Trackers by name: `UNMASK_TRACKERS=tensorboard,wandb` tells them what the curves are told; they change no byte."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol

from unmask.errors import EngineError
from unmask.train import trackers
from unmask.wording import near


@dataclass(frozen=True)
class Run:
    """What a tracker is told of a training before it begins.

    Attributes:
        name: The recipe's; of a trial of a search, one of its own. Letters, digits, `_`, `-` and `.`, as a file's.
        folder: Where it may write: `UNMASK_TRACKERS_DIR`, or `tracking` below the working directory.
        recipe: The recipe, as YAML.
    """

    name: str
    folder: Path
    recipe: str


class Tracker(Protocol):
    """What a file in `trackers/` offers under the name `Tracker`, made from a `Run`; beside it stands `NEEDS`."""

    def add(self, epoch: int, numbers: Mapping[str, float]) -> None:
        """Add the numbers of an epoch, counted from 1; of a resumed training, all from the first one on."""

    def finish(self, broke: bool) -> None:
        """End: the training is done, or broke off."""


def chosen() -> list[str]:
    """Give the names in `UNMASK_TRACKERS`, checked.

    Raises:
        EngineError: There is no such tracker, or what it needs is not installed.
    """
    known = sorted(module.name for module in iter_modules(trackers.__path__))
    names = [name.strip() for name in os.environ.get("UNMASK_TRACKERS", "").split(",") if name.strip()]
    for name in names:
        if name not in known:
            close = near(name, known)
            right = f"did you mean `{close}`?" if close else f"there are: {', '.join(known)}."
            raise EngineError(f"UNMASK_TRACKERS names the unknown tracker `{name}`; {right}")
        needs: dict[str, str] = import_module(f"{trackers.__name__}.{name}").NEEDS
        missing = [package for module, package in needs.items() if find_spec(module) is None]
        if missing:
            raise EngineError(
                f"UNMASK_TRACKERS: `{name}` needs what is not installed; `pip install {' '.join(missing)}` installs it."
            )
    return list(dict.fromkeys(names))


@contextmanager
def running(names: Sequence[str], name: str, recipe: str) -> Iterator[list[Tracker]]:
    """Start trackers, and end them if the training breaks off; one that comes to its end ends them itself.

    Args:
        names: Their names.
        name: The training's.
        recipe: The recipe, as YAML.

    Yields:
        The trackers.
    """
    run = Run(name, Path(os.environ.get("UNMASK_TRACKERS_DIR") or "tracking"), recipe)
    started: list[Tracker] = []
    try:
        for one in names:
            started.append(import_module(f"{trackers.__name__}.{one}").Tracker(run))
        yield started
    except BaseException:
        for tracker in started:
            with suppress(Exception):  # what went wrong first is what is told
                tracker.finish(broke=True)
        raise
