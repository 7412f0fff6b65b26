"""What the settings of operations are made of: a probability, ranges that numbers are drawn from, and choices."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import AfterValidator, Field

from unmask.params import Section

Probability = Annotated[float, Field(ge=0, le=1)]
# From, to: both ends belong to it, and they may be equal.
Range = tuple[float, float]
One = TypeVar("One")


class Operation(Section):
    """Base of the settings of every operation.

    Attributes:
        p: How often it is applied, 0 (never) to 1 (always).
    """

    p: Probability


class Group(Operation):
    """Base of the settings of an operation that holds others.

    Attributes:
        of: The others, by name, as in a policy.
    """

    of: Annotated[dict[str, Any], Field(min_length=1)]


def span(low: float, high: float) -> AfterValidator:
    """Give the check of a range [from, to] that must lie within two bounds."""

    def check(ends: Range) -> Range:
        if not low <= ends[0] <= ends[1] <= high:
            raise ValueError(f"must be a range [from, to] within {low:g} and {high:g}, the smaller end first")
        return ends

    return AfterValidator(check)


def pick(choices: Sequence[One], rng: np.random.Generator) -> One:
    """Draw one of several things, all alike in chance; from a single one nothing is drawn."""
    return choices[int(rng.integers(len(choices))) if len(choices) > 1 else 0]
