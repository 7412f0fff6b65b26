"""What a search tells: a line of every trial, the table of all, and the first line of the recipe that it writes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

# How the first line of a recipe begins that a search wrote.
MARK = "# Best of "
# Characters of a value in the table.
LONGEST = 48
ENDS = {TrialState.COMPLETE: "", TrialState.PRUNED: "given up", TrialState.FAIL: "failed"}


def headline(trials: int, recipe: str, select: str, score: float) -> str:
    """Say where a recipe comes from, in one line.

    Args:
        trials: How many there were.
        recipe: File that was searched from.
        select: What was compared.
        score: The best.
    """
    return (
        f"{MARK}{trials} trials from {recipe} by validation {select}: {score:.4f}, which flatters (docs/search.md).\n"
    )


def values(changes: Mapping[str, Any]) -> str:
    """Name values by key on one line."""
    return ", ".join(f"{key} {shown(value)}" for key, value in changes.items())


def shown(value: Any) -> str:
    """Write a value as briefly as can be."""
    text = value if isinstance(value, str) else json.dumps(value).replace('"', "")
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def ended(trial: FrozenTrial, select: str) -> str:
    """Say how a trial ended."""
    if trial.state == TrialState.FAIL:
        return f"failed: {trial.user_attrs['error']}"
    epochs, best = trial.user_attrs["epochs"], trial.user_attrs["best"]
    if trial.state == TrialState.PRUNED:
        return f"{select} {trial.value:.4f}, given up after epoch {epochs}: most others did better"
    return f"{select} {trial.value:.4f} at epoch {best} of {epochs}"


def table(trials: Sequence[FrozenTrial], best: int, select: str) -> str:
    """Write all trials as a table.

    Args:
        trials: In order.
        best: Number of the best, from 0.
        select: What was compared.
    """
    keys = list(trials[0].user_attrs["values"])
    rows = [["trial", select, "epoch", *keys, ""]]
    for trial in trials:
        said = trial.user_attrs
        score = "-" if trial.value is None else f"{trial.value:.4f}"
        drawn = [shown(said["values"][key]) for key in keys]
        end = "best" if trial.number == best else ENDS[trial.state]
        rows.append([str(trial.number + 1), score, str(said.get("best", "-")), *drawn, end])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
