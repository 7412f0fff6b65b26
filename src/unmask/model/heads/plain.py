"""Timm's own head: the last feature maps are pooled, some features are dropped, and a linear layer classifies."""

from typing import Literal

from torch import nn

from unmask.model.head import Head, Make
from unmask.model.part import InputPart, ModelPart


class Settings(Head):
    """Nothing but the name."""

    name: Literal["plain"]


def build(part: ModelPart, shown: InputPart, make: Make) -> nn.Module:
    """Make the network.

    Args:
        part: What the recipe says about the model.
        shown: How a crop becomes the network's input.
        make: Makes the backbone.
    """
    return make(outputs=1, drop_rate=part.drop_rate)
