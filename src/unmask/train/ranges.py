"""Types for the settings of augmentations: a probability, and bounds for a range that values are drawn from."""

from typing import Annotated

from pydantic import AfterValidator, Field

Probability = Annotated[float, Field(ge=0, le=1)]


def span(low: float, high: float) -> AfterValidator:
    """Give the check of a range [from, to] that must lie within two bounds."""

    def check(ends: tuple[float, float]) -> tuple[float, float]:
        if not low <= ends[0] <= ends[1] <= high:
            raise ValueError(f"must be a range [from, to] within {low:g} and {high:g}, the smaller end first")
        return ends

    return AfterValidator(check)
