"""The space of a search: which keys of a recipe change, over which values, and when a trial is given up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import Field, field_validator, model_validator

from unmask.errors import ParamsError
from unmask.params import Section, at, parse, read_yaml
from unmask.wording import given, near

KEYS = "keys"
# How a key's values can be given.
FORMS = "{low: ..., high: ..., log: ...} or {choice: [...]}"
# Digits of a drawn number: more would say nothing, and a recipe should be readable.
DIGITS = 3

Count = Annotated[int, Field(ge=1)]


class Draws(Protocol):
    """What draws values: a trial of Optuna."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """Draw a whole number."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Draw a number."""

    def suggest_categorical(self, name: str, choices: list[str]) -> str:
        """Draw one of some texts."""


class Range(Section):
    """Numbers from `low` to `high`, both included; whole ones if both are.

    Attributes:
        low: The least.
        high: The largest.
        log: Whether each factor is as likely as any other, and not each difference.
    """

    low: int | float
    high: int | float
    log: bool

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"`low` ({self.low}) must be below `high` ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError(f"`low` must be above 0 where `log` is true (given: {self.low})")
        return self

    @property
    def ends(self) -> list[Any]:
        """Give the values that must fit for all to fit."""
        return [self.low, self.high]

    def draw(self, key: str, draws: Draws) -> Any:
        """Draw a value."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return draws.suggest_int(key, self.low, self.high, log=self.log)
        value = draws.suggest_float(key, self.low, self.high, log=self.log)
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


class Choice(Section):
    """One of some values of any kind.

    Attributes:
        choice: The values.
    """

    choice: Any

    @field_validator("choice")
    @classmethod
    def _several(cls, values: Any) -> Any:
        if not isinstance(values, list) or len({json.dumps(value) for value in values}) < max(2, len(values)):
            raise ValueError("must be a list of two or more values, each another one")
        return values

    @property
    def ends(self) -> list[Any]:
        """Give the values that must fit for all to fit."""
        return list(self.choice)

    def draw(self, key: str, draws: Draws) -> Any:
        """Draw a value; Optuna keeps texts, and knows no mappings."""
        return json.loads(draws.suggest_categorical(key, [json.dumps(value) for value in self.choice]))


class Prune(Section):
    """When a trial is given up: its best score so far is below the median of what others had at that epoch.

    Attributes:
        trials: How many trials must have run to their end before.
        epochs: From which epoch on.
    """

    trials: Count
    epochs: Count


class SpaceFile(Section):
    """A file that describes a space.

    Attributes:
        seed: Seed of what is drawn.
        random: How many trials are drawn at random before those before them are learned from.
        prune: When a trial is given up, or `none`.
        keys: For keys of the recipe (`train.lr`) a range or a choice.
    """

    seed: Annotated[int, Field(ge=0)]
    random: Count
    prune: Literal["none"] | Prune
    keys: Annotated[dict[str, Any], Field(min_length=1)]


@dataclass(frozen=True)
class Space:
    """A checked space.

    Attributes:
        path: Its file.
        file: What it holds.
        ways: For each key how its values are drawn.
    """

    path: Path
    file: SpaceFile
    ways: Mapping[str, Range | Choice]


def load(path: Path) -> Space:
    """Read and check a space.

    Raises:
        ParamsError: Names file, line, key and what is allowed.
    """
    found = parse(SpaceFile, read_yaml(path), path)
    return Space(path, found, {key: _way(key, way, path) for key, way in found.keys.items()})


def _way(key: str, way: object, path: Path) -> Range | Choice:
    """Take what has a `choice` for one, so that what is wrong with a range is said of a range."""
    forms: tuple[type[Range | Choice], ...] = (Choice, Range)
    form = next((one for one in forms if isinstance(way, dict) and way.keys() & one.model_fields), None)
    if form is None:
        raise ParamsError(f"{at(path, (KEYS, key))} must be {FORMS} (given: {given(way)}){_hint(way)}")
    return parse(form, way, path, (KEYS, key))


def _hint(way: object) -> str:
    """Say what was meant, if one can tell."""
    if isinstance(way, list):
        return f"; did you mean `{{choice: {given(way)}}}`?"
    known = [*Choice.model_fields, *Range.model_fields]
    meant = next(filter(None, (near(name, known) for name in way)), "") if isinstance(way, dict) else ""
    return f"; did you mean `{meant}`?" if meant else "."
