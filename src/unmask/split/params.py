"""The section `split` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from unmask.params import Section

Balance = Literal["none", "undersample", "weights"]
TOLERANCE = 1e-9


class Shares(Section):
    """Which share of the groups of identities goes where; the three add up to 1.

    Attributes:
        train: Share of train.
        val: Share of val.
        test: Share of test; 0 if other corpora test.
    """

    train: Annotated[float, Field(gt=0, lt=1)]
    val: Annotated[float, Field(gt=0, lt=1)]
    test: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > TOLERANCE:
            raise ValueError(f"train, val and test must add up to 1, not {total:g}")
        return self


class Params(Section):
    """Who is in which split.

    Attributes:
        seed: Seed of dealing, cutting, balancing and of the probe's folds.
        train_on: Corpora that train, validate and test; all others only test.
        shares: How identities are dealt where there is no official split.
        whole: Up to how many identities a group that hangs together stays whole; a larger one is cut.
        balance: How train is balanced.
    """

    seed: Annotated[int, Field(ge=0)]
    train_on: Annotated[tuple[str, ...], Field(min_length=1)]
    shares: Shares
    whole: Annotated[int, Field(ge=1)]
    balance: Balance

    @field_validator("train_on")
    @classmethod
    def _name_each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("must name each corpus once")
        return names
