"""The section `evaluate` of params.yaml."""

from typing import Annotated

from pydantic import Field

from unmask.params import Section, Seed


class Params(Section):
    """How intervals are made.

    Attributes:
        seed: Seed of the bootstrap; every recipe gets the same draws, so that recipes compare fairly.
        draws: Number of bootstrap draws.
        confidence: Share of draws that lies inside an interval, cut off equally at both ends.
    """

    seed: Seed
    draws: Annotated[int, Field(ge=100, le=100_000)]
    confidence: Annotated[float, Field(gt=0.5, lt=1)]
