"""The study: Optuna's journal in the work cache, and trials that are drawn alike however often it was interrupted."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.pruners import MedianPruner, NopPruner
from optuna.samplers import TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from unmask.errors import EngineError
from unmask.hashing import stable_hash
from unmask.search.part import Space
from unmask.storage import folder

STEP = "search"


@contextmanager
def opened(name: str, space: Space, *, minimize: bool) -> Iterator[tuple[optuna.Study, Path]]:
    """Open a study, or begin it.

    Args:
        name: A digest of all that its results depend on, but the number of trials.
        space: Seed and pruning.
        minimize: Whether the least score is best.

    Yields:
        The study, and a folder of its own.

    Raises:
        EngineError: Another process is at work on it.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    place = folder() / STEP / name
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError("this search runs already, in another process; wait for it, or end it.") from None
        journal = JournalFileBackend(str(place / "journal.log"))
        direction = StudyDirection.MINIMIZE if minimize else StudyDirection.MAXIMIZE
        yield optuna.create_study(storage=JournalStorage(journal), pruner=_pruner(space), direction=direction,
                                  study_name=STEP, load_if_exists=True), place  # fmt: skip


def done(study: optuna.Study) -> list[FrozenTrial]:
    """Give the trials that have ended, well or not."""
    return [trial for trial in study.trials if trial.state.is_finished()]


def complete(study: optuna.Study) -> list[FrozenTrial]:
    """Give the trials that ran to their end."""
    return study.get_trials(states=[TrialState.COMPLETE])


def best(study: optuna.Study) -> FrozenTrial | None:
    """Give the best of the trials that ran to their end: of two alike that with the lower loss, else the first."""
    sign = -1 if study.direction == StudyDirection.MINIMIZE else 1
    return max(complete(study), key=lambda one: (sign * (one.value or 0), -one.user_attrs["loss"]), default=None)


def following(study: optuna.Study) -> Trial:
    """Give the trial that a killed process left, or a new one."""
    left = study.get_trials(states=[TrialState.RUNNING])
    return Trial(study, left[0]._trial_id) if left else study.ask()


def draw(study: optuna.Study, trial: Trial, space: Space) -> dict[str, Any]:
    """Draw a value for every key; one that has been drawn for this trial stays.

    The draw follows from seed, trial, key and the trials before alone, so a study that was interrupted goes on as it
    would have gone on.
    """
    values = {}
    for key, way in space.ways.items():
        seed = stable_hash(f"{space.file.seed}/{trial.number}/{key}") % (1 << 32)
        study.sampler = TPESampler(n_startup_trials=space.file.random, seed=seed)
        values[key] = way.draw(key, trial)
    return values


def _pruner(space: Space) -> optuna.pruners.BasePruner:
    prune = space.file.prune
    return NopPruner() if prune == "none" else MedianPruner(prune.trials, prune.epochs)
