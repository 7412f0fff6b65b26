"""Feature maps of several stages, each through convolutions of its own, pooled and joined before the classifier.

`unmask.model.stages` says why, and does it.
"""

from typing import Any, Literal

from torch import nn

from unmask.model.head import Head, Make
from unmask.model.part import InputPart, ModelPart
from unmask.model.stages import Staged, StagesPart, check_stages


class Settings(StagesPart, Head):
    """Which stages, and channels of each."""

    name: Literal["fusion"]


def build(part: ModelPart, shown: InputPart, make: Make) -> nn.Module:
    """Make the network.

    Args:
        part: What the recipe says about the model, with the options of this head.
        shown: How a crop becomes the network's input.
        make: Makes the backbone.

    Raises:
        ParamsError: The backbone gives no feature maps, or not those that are asked for.
    """
    settings = part.head
    assert isinstance(settings, Settings)
    backbone: Any = make(outputs=0, drop_rate=0.0)
    check_stages(part.backbone, backbone, settings, "model.head")
    return Staged(backbone, settings, part.drop_rate)
