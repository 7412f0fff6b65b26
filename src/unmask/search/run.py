"""The search: trial after trial until there are as many as asked for, then the best recipe and the table of all."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import TrialState

from unmask import code
from unmask.errors import DataError, ParamsError
from unmask.hashing import digest
from unmask.search import keys, part, study, told, trial
from unmask.search.part import Space
from unmask.search.rewrite import rewrite
from unmask.search.trial import Inputs
from unmask.storage import write_atomically
from unmask.train import tracking
from unmask.train.checkpoint import State
from unmask.train.data import crop_of, read_manifest
from unmask.train.params import FOLDER
from unmask.train.recipe import Recipe, modules
from unmask.train.step import identity
from unmask.wording import plain_name

# So many trials may fail, and none succeed, before the search gives up: what is wrong is then no matter of values.
FAILURES = 3

Train = Callable[[trial.Watch, Mapping[str, Any]], State]


def search(recipe: Path, space: Path, trials: int, out: Path, inputs: Inputs) -> str:
    """Search for the values with which a recipe does best on validation, and write the recipe with them.

    A search that was interrupted goes on where it stopped; one that is asked for more trials adds them.

    Args:
        recipe: The recipe, a YAML file.
        space: Which keys change, over which values; a YAML file.
        trials: How many trainings, those of an earlier call included.
        out: The recipe that is written: the given one, comments and all, with the best values.
        inputs: What trainings read.

    Returns:
        A table of all trials.

    Raises:
        ParamsError: Recipe or space is wrong, they do not fit each other, `out` is a recipe by hand, or none can be
            there or have that name.
        DataError: A manifest or a crop is missing, or no trial came to an end.
        EngineError: Another process is at work on the same search, or a variable of the environment is wrong.
    """
    ways = part.load(space)
    plans = keys.check(ways, recipe)
    _check_out(out, recipe)
    tracking.chosen()  # what is wrong there is wrong for every trial
    both = any(plan.blend == "none" for plan in plans)
    for table in (read_manifest(inputs.train, both=both), read_manifest(inputs.val)):
        crop_of(inputs.crops, table.slice(0, 1).to_pylist()[0])  # what is missing is no fault of a trial's values
    select = plans[0].train.select
    with study.opened(_name(ways, plans, inputs), ways, minimize=select == "loss") as (found, place):
        if before := len(study.done(found)):
            sys.stderr.write(f"search: {before} trials are done\n")
        train = partial(trial.run, recipe, inputs, place)
        while len(ended := study.done(found)) < trials:
            failed = [one for one in ended[before:] if one.state == TrialState.FAIL]
            if len(failed) == len(ended) - before >= FAILURES:
                raise DataError(f"all of {len(failed)} trials failed; the last: {failed[-1].user_attrs['error']}")
            _next(found, train, ways, select, trials)
        return _finish(found, recipe, select, out)


def _next(found: optuna.Study, train: Train, space: Space, select: str, trials: int) -> None:
    """Make one trial."""
    one = study.following(found)
    values = study.draw(found, one, space)
    one.set_user_attr("values", values)
    title = f"trial {one.number + 1} of {trials}"
    sys.stderr.write(f"{title}: {told.values(values)}\n")
    watch = trial.Watch(one, select, prunes=space.file.prune != "none")
    try:
        state = train(watch, values)
    except (ParamsError, DataError) as error:
        # Values that do not go together, or with which the loss diverges: that too is a result.
        one.set_user_attr("error", str(error))
        found.tell(one, state=TrialState.FAIL)
    else:
        score = watch.note(state)
        loss = state.history[state.best - 1]["val_loss"]
        for name, value in {"epochs": state.epoch, "best": state.best, "loss": loss}.items():
            one.set_user_attr(name, value)
        found.tell(one, None if watch.pruned else score, TrialState.PRUNED if watch.pruned else TrialState.COMPLETE)
    sys.stderr.write(f"{title}: {told.ended(found.trials[one.number], select)}{_leader(found)}\n")


def _leader(found: optuna.Study) -> str:
    first = study.best(found)
    return "" if first is None else f"; best so far {first.value:.4f} (trial {first.number + 1})"


def _finish(found: optuna.Study, recipe: Path, select: str, out: Path) -> str:
    """Write the best recipe, and give the table."""
    ended, best = study.done(found), study.best(found)
    if best is None:
        said = next((f" ({one.user_attrs['error']})" for one in ended if "error" in one.user_attrs), "")
        raise DataError(f"none of {len(ended)} trials came to an end{said}; give it more, or other values.")
    first = told.headline(len(ended), recipe.name, select, best.value or 0)
    text = rewrite(recipe.read_text(encoding="utf-8"), best.user_attrs["values"])
    write_atomically(out, (first + text).encode())
    return told.table(ended, best.number, select)


def _check_out(out: Path, recipe: Path) -> None:
    """Refuse to write over what a person wrote, and where nothing can read it, before hours of work."""
    if out.suffix != ".yaml":
        raise ParamsError(f"{out} must end in .yaml, as recipes do.")
    if not out.parent.is_dir():
        raise ParamsError(f"{out}: there is no folder `{out.parent}`; make it, or name a file in `{FOLDER}`.")
    if out.parent.resolve() == FOLDER.resolve():
        try:
            plain_name(out.stem, dots=True)  # or params.yaml would not take it
        except ValueError as error:
            raise ParamsError(f"{out}: {error}.") from None
    if out.exists() and (out.samefile(recipe) or not out.read_text(encoding="utf-8").startswith(told.MARK)):
        raise ParamsError(f"{out} is there and does not come from a search; name another file.")


def _name(space: Space, plans: list[Recipe], inputs: Inputs) -> str:
    """Name a study by what its trials depend on: space, recipe, manifests and code."""
    values: Mapping[str, Any] = space.file.model_dump(mode="json")
    version = code.version(*sorted({module for plan in plans for module in modules(plan)}), "unmask.search.study")
    return digest(values, identity(plans[0], inputs.train, inputs.val), version)
