"""Feature maps of several stages, each through convolutions of its own, pooled and joined before the classifier.

Early stages keep the fine traces of blending and upsampling that the last one has averaged away, late ones know the
face; a linear layer weighs both. The two convolutions of a stage, 1 x 1 to a common width and 3 x 3 after it, are those
of feature pyramids (Lin et al., Feature Pyramid Networks for Object Detection, CVPR 2017); there is no way from stage
to stage, for what is wanted is a verdict on the image and no map.

Where there is little to learn from, the convolutions may be left out: then the linear layer weighs the channels that
the backbone has, each brought to mean 0 and deviation 1.
"""

from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from timm.layers.conv_bn_act import ConvNormAct
from torch import nn

from unmask.errors import ParamsError
from unmask.model.head import Head, Make
from unmask.model.network import Joined
from unmask.model.part import InputPart, ModelPart


class Settings(Head):
    """Which stages, as timm counts feature maps, from 0 or from the end by -1, -2; and channels of each.

    Attributes:
        width: Channels that convolutions bring each stage to, or `none`: no convolutions.
    """

    name: Literal["fusion"]
    stages: Annotated[list[int], Field(min_length=1)]
    width: Literal["none"] | Annotated[int, Field(ge=1)]


class Fusion(Joined):
    """A backbone whose feature maps are looked at on several stages."""

    def __init__(self, backbone: Any, stages: list[int], width: int | Literal["none"], drop_rate: float) -> None:
        """Take the layers off that no stage needs, and add what brings features to one scale.

        Args:
            backbone: A model of timm without classifier, with `forward_intermediates`.
            stages: Numbers of its feature maps, rising.
            width: Channels that each is brought to, or `none`: they stay as they are.
            drop_rate: Share of the features that is dropped while training.
        """
        channels = [backbone.feature_info[stage]["num_chs"] for stage in stages]
        backbone.prune_intermediate_layers(stages, prune_norm=True, prune_head=True)
        super().__init__(backbone, sum(channels) if width == "none" else width * len(stages), drop_rate)
        self.stages = stages
        if width == "none":
            self.branches = nn.ModuleList(nn.Identity() for _ in channels)
            # The mean over all batches, for few images may be all there are.
            self.scale: nn.Module = nn.BatchNorm1d(sum(channels), affine=False, momentum=None)
        else:
            self.branches = nn.ModuleList(
                nn.Sequential(ConvNormAct(given, width, 1), ConvNormAct(width, width, 3)) for given in channels
            )
            self.scale = nn.Identity()

    def forward_features(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Give the feature maps of the chosen stages, each (n, channels, height, width)."""
        maps: list[torch.Tensor] = self.backbone.forward_intermediates(
            images, indices=self.stages, stop_early=True, intermediates_only=True
        )
        return maps

    def join(self, features: list[torch.Tensor]) -> torch.Tensor:
        """Bring feature maps to one width and pool them."""
        pooled = [branch(one).mean((2, 3)) for branch, one in zip(self.branches, features, strict=True)]
        joined: torch.Tensor = self.scale(torch.cat(pooled, dim=1))
        return joined


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
    if not all(hasattr(backbone, name) for name in ("forward_intermediates", "prune_intermediate_layers")):
        raise ParamsError(
            f"`model.head`: timm's `{part.backbone}` gives no feature maps of its stages, which `fusion` needs; "
            f"the other heads can take it: {', '.join(name for name in Head.names() if name != 'fusion')}."
        )
    return Fusion(
        backbone, _chosen(part.backbone, backbone.feature_info, settings.stages), settings.width, part.drop_rate
    )


def _chosen(name: str, there: list[dict[str, Any]], asked: list[int]) -> list[int]:
    """Count stages from 0 and put them in order."""
    odd = [stage for stage in asked if not -len(there) <= stage < len(there)]
    if odd:
        shown = ", ".join(f"{n} ({one['num_chs']} channels, 1/{one['reduction']})" for n, one in enumerate(there))
        raise ParamsError(f"`model.head.stages`: timm's `{name}` has no stage {odd[0]}; it has: {shown}.")
    chosen = sorted(stage % len(there) for stage in asked)
    if twice := [stage for stage in chosen if chosen.count(stage) > 1]:
        raise ParamsError(f"`model.head.stages`: stage {twice[0]} of `{name}` is listed more than once.")
    return chosen
