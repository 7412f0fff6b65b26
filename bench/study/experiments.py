"""From a plan to experiments of DVC: their names, what each changes, what it makes, and how it is told from another."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.study.plan import Plan

from unmask.hashing import digest

# Where networks lie that others start from. Git ignores it, so they are carried into the experiment's folder.
STARTS = Path("weights")


@dataclass(frozen=True)
class Experiment:
    """One arm with one seed.

    Attributes:
        name: Of the experiment in DVC.
        arm: Name of the arm.
        seed: The seed.
        recipe: Name of the recipe that it runs.
        target: Stage that DVC brings about.
        changes: Overrides as `dvc exp run --set-param` takes them.
        start: The experiment whose network it starts from.
    """

    name: str
    arm: str
    seed: int
    recipe: str
    target: str
    changes: tuple[str, ...]
    start: "Experiment | None"

    def version(self, code: str) -> str:
        """Tell what it does: the same text means that it need not be run again.

        Args:
            code: What the repository holds.
        """
        start = self.start.version(code) if self.start else ""
        return f"{self.name} {digest(code, self.target, self.changes, start)[:12]}"


def experiments(plan: Plan) -> list[Experiment]:
    """Give all experiments of a plan: seed after seed, so that a study that is stopped has asked everything once."""
    return [
        _experiment(plan, name, seed)
        for seed in plan.seeds
        for name, _ in sorted(plan.trained().items(), key=lambda one: one[1].start != "none")
    ]


def starting(weights: Path, sha256: str, recipe: str) -> tuple[str, ...]:
    """Give the overrides that let a recipe start from a file."""
    return overrides(f"recipes/{recipe}.yaml", {"model.weights": str(weights), "model.sha256": sha256})


def overrides(file: str, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Write changes as overrides of Hydra: the old value goes before the new one comes, so that mappings never mix.

    Example:
        >>> overrides("recipes/a.yaml", {"model.head": {"name": "plain"}})
        ('recipes/a.yaml:~model.head', "recipes/a.yaml:+model.head={name:'plain'}")
    """
    return tuple(
        one for key, value in changes.items() for one in (f"{file}:~{key}", f"{file}:+{key}={_written(value)}")
    )


def _experiment(plan: Plan, name: str, seed: int) -> Experiment:
    arm = plan.trained()[name]
    heads = {"probes.heads": arm.heads} if isinstance(arm.heads, dict) else {}
    changed = {"seed": seed} | heads | arm.change
    return Experiment(
        name=f"{plan.name}-{name}-s{seed}",
        arm=name,
        seed=seed,
        recipe=arm.recipe,
        target=f"evaluate@{arm.recipe}",
        changes=overrides("params.yaml", {"recipes": [arm.recipe]} | plan.params | arm.params)
        + overrides(f"recipes/{arm.recipe}.yaml", changed),
        start=None if arm.start == "none" else _experiment(plan, arm.start, seed),
    )


def _written(value: object) -> str:
    """Write a value in Hydra's grammar."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{_written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(one) for one in value) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", r"\'") + "'"
    return "null" if value is None else str(value).lower()
