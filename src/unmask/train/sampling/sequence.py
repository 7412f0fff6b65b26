"""Sequences of crops, named here to be refused with a reason: heads of `unmask.probe` learn from them."""

from typing import ClassVar, Literal

from pydantic import ConfigDict

from unmask.train.drawing import Sampling


class Settings(Sampling):
    """Further keys may stand here, so that they are not what is told first: no network of a recipe judges sequences."""

    model_config = ConfigDict(extra="allow")
    name: Literal["sequence"]
    sequences: ClassVar[bool] = True
