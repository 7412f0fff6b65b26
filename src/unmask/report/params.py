"""The section `report` of params.yaml."""

from typing import Annotated

from pydantic import Field

from unmask.params import Section, Seed


class Params(Section):
    """What is shown.

    Attributes:
        seed: Seed of the choice of sample crops.
        samples: Number of sample crops for the reals and for every method of every corpus; 0 shows none, and
            no contact sheets of augmentation.
    """

    seed: Seed
    samples: Annotated[int, Field(ge=0, le=48)]
