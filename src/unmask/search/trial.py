"""One trial: values are drawn, the recipe with them is trained, and given up where others did better."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.trial import Trial

from unmask.errors import DataError
from unmask.search.rewrite import rewrite
from unmask.train.checkpoint import Checkpoint, State
from unmask.train.recipe import load
from unmask.train.step import fit, identity
from unmask.train.validate import column

# So many digits of a search's name tell it from others in what trackers call its trials.
DIGITS = 8


@dataclass(frozen=True)
class Inputs:
    """What trainings read; there is no test split among it.

    Attributes:
        train: Manifest of the training split.
        val: Manifest of the validation split.
        crops: Folder with a folder of crop shards for each corpus.
    """

    train: Path
    val: Path
    crops: Path


class Watch:
    """Tells the study how a training goes, and asks it whether the training is worth another epoch."""

    def __init__(self, trial: Trial, select: str, *, prunes: bool) -> None:
        """Watch a training.

        Args:
            trial: The trial.
            select: The recipe's `train.select`.
            prunes: Whether it may be given up.
        """
        self._trial, self._column, self._prunes = trial, column(select), prunes
        self.number = trial.number + 1
        self._best = min if select == "loss" else max
        self._told = set(trial.study.trials[trial.number].intermediate_values)
        self.pruned = False

    def __call__(self, state: State) -> bool:
        """Note the epochs done, and tell whether there shall be another."""
        self.note(state)
        # What a killed process has told of later epochs must not decide about this one.
        now = state.epoch and state.epoch == max(self._told)
        self.pruned = bool(self._prunes and now and self._trial.should_prune())
        return not self.pruned

    def note(self, state: State) -> float:
        """Report the best score so far after every epoch, since the best epoch is what is kept.

        Returns:
            The best score.
        """
        scores = [numbers[self._column] for numbers in state.history]
        for epoch in range(1, len(scores) + 1):
            if epoch not in self._told:
                self._trial.report(self._best(scores[:epoch]), epoch)
                self._told.add(epoch)
        return self._best(scores, default=0.0)


def run(recipe: Path, inputs: Inputs, place: Path, watch: Watch, changes: Mapping[str, Any]) -> State:
    """Train a recipe with some values changed; what is trained is thrown away, for the best is trained again.

    Args:
        recipe: The recipe, a YAML file.
        inputs: What is read.
        place: The search's own folder, for the changed recipe and, as long as it takes, the training.
        watch: Watches it.
        changes: Values by dotted key.

    Returns:
        Where the training ended.
    """
    out = place / "training"
    shutil.rmtree(out, ignore_errors=True)
    given = place / f"{recipe.stem}.yaml"
    given.write_text(rewrite(recipe.read_text(encoding="utf-8"), changes), encoding="utf-8")
    # Neither that of the recipe's own training nor that of a trial of another search: trackers write over those.
    name = f"{recipe.stem}-{place.name[:DIGITS]}-trial-{watch.number:04d}"
    try:
        return fit(given, inputs.train, inputs.val, inputs.crops, out, watch, name)
    except DataError:
        Checkpoint(identity(load(given), inputs.train, inputs.val)).remove()  # nobody will go on from it
        raise
    finally:
        shutil.rmtree(out, ignore_errors=True)
