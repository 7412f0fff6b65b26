"""Feature maps of several stages of a backbone, pooled and joined, for every head that looks at them.

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
from unmask.model.network import Joined
from unmask.params import Section

# Channels; a convolution 3 x 3 of so many takes 0.6 GB, and is wider than any backbone.
WIDEST = 4096


class StagesPart(Section):
    """Which stages, as timm counts feature maps, from 0 or from the end by -1, -2; and channels of each.

    Attributes:
        stages: Numbers of stages.
        width: Channels that convolutions bring each stage to, or `none`: no convolutions.
    """

    stages: Annotated[list[int], Field(min_length=1)]
    width: Literal["none"] | Annotated[int, Field(ge=1, le=WIDEST)]


class Staged(Joined):
    """A network whose backbone's feature maps are looked at on several stages."""

    def __init__(self, backbone: Any, taken: StagesPart, drop_rate: float, more: int = 0) -> None:
        """Take the layers off that no stage needs, and add what brings features to one scale.

        Args:
            backbone: A model of timm without classifier, as `check_stages` wants it.
            taken: Which of its feature maps, and how wide each becomes.
            drop_rate: Share of the features that is dropped while training.
            more: How many features a subclass joins to those of the stages.
        """
        stages = _rising(backbone, taken)
        channels = [backbone.feature_info[stage]["num_chs"] for stage in stages]
        backbone.prune_intermediate_layers(stages, prune_norm=True, prune_head=True)
        features = sum(channels) if taken.width == "none" else taken.width * len(stages)
        super().__init__(backbone, features + more, drop_rate)
        self.stages = stages
        if taken.width == "none":
            self.branches = nn.ModuleList(nn.Identity() for _ in channels)
            # The mean over all batches, for few images may be all there are.
            self.scale: nn.Module = nn.BatchNorm1d(features, affine=False, momentum=None)
        else:
            self.branches = nn.ModuleList(_convolutions(given, taken.width) for given in channels)
            self.scale = nn.Identity()

    def forward_features(self, images: torch.Tensor) -> Any:
        """Give the feature maps of the chosen stages, each (n, channels, height, width)."""
        return self.backbone.forward_intermediates(
            images, indices=self.stages, stop_early=True, intermediates_only=True
        )

    def join(self, features: Any) -> torch.Tensor:
        """Bring feature maps to one width and pool them."""
        pooled = [branch(one).mean((2, 3)) for branch, one in zip(self.branches, features, strict=True)]
        joined: torch.Tensor = self.scale(torch.cat(pooled, dim=1))
        return joined


def check_stages(name: str, backbone: Any, taken: StagesPart, place: str) -> None:
    """Refuse stages that a backbone does not have.

    Args:
        name: Its name.
        backbone: A model of timm.
        taken: Which of its feature maps.
        place: The key of the recipe that says so.

    Raises:
        ParamsError: The backbone gives no feature maps, or not those that are asked for.
    """
    if not all(hasattr(backbone, asked) for asked in ("forward_intermediates", "prune_intermediate_layers")):
        raise ParamsError(
            f"`{place}`: timm's `{name}` gives no feature maps of its stages; heads that need none are `plain`, and "
            "`frequency` with `fusion: none`."
        )
    there = backbone.feature_info
    if odd := [stage for stage in taken.stages if not -len(there) <= stage < len(there)]:
        shown = ", ".join(f"{n} ({one['num_chs']} channels, 1/{one['reduction']})" for n, one in enumerate(there))
        raise ParamsError(f"`{place}.stages`: timm's `{name}` has no stage {odd[0]}; it has: {shown}.")
    chosen = _rising(backbone, taken)
    if twice := [stage for stage in chosen if chosen.count(stage) > 1]:
        raise ParamsError(f"`{place}.stages`: stage {twice[0]} of `{name}` is listed more than once.")


def _rising(backbone: Any, taken: StagesPart) -> list[int]:
    """Count stages from 0 and put them in order."""
    return sorted(stage % len(backbone.feature_info) for stage in taken.stages)


def _convolutions(given: int, width: int) -> nn.Sequential:
    return nn.Sequential(ConvNormAct(given, width, 1), ConvNormAct(width, width, 3))
