"""A branch beside the backbone that looks at what filters leave of the image: noise, high frequencies or a spectrum.

A backbone learns what faces look like, and does so best in low frequencies; forgeries leave traces in high ones that
carry over between methods. Four filters are at hand (`unmask.model.filters`), two ways to fuse them:

- `early`: the traces go through two convolutions and are added to the image. The second starts at zero, so that the
  network begins as the plain one, pretrained weights keep their meaning, and the branch enters as far as it helps.
- `late`: a small network of its own pools the traces, and its features join the backbone's before the classifier, as
  in the two streams of F3-Net (Qian et al., Thinking in Frequency, ECCV 2020) and of Luo et al. (Generalizing Face
  Forgery Detection with High-frequency Features, CVPR 2021), without the attention between the streams. The backbone's
  may be those of its last feature maps, or of several stages, as in the head `fusion`.

Filters see pixels from 0 to 255, for the kernels of steganalysis count grey levels: the normalisation is undone first.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any, Literal, Self

import torch
from pydantic import Field, ValidationInfo, field_validator
from timm.layers.conv_bn_act import ConvNormAct
from torch import nn

from unmask.kinds import either
from unmask.model import filters
from unmask.model.head import Head, Make
from unmask.model.network import Around, Joined
from unmask.model.part import InputPart, ModelPart
from unmask.model.stages import WIDEST, Staged, StagesPart, check_stages


class Settings(Head):
    """Which filter, and what its traces join.

    Attributes:
        filters: Name of the filter.
        width: Channels of the branch.
        fusion: Which stages of the backbone the branch stands beside, or `none`: the last feature maps alone.
        fuse: Where the traces are fused.
    """

    name: Literal["frequency"]
    filters: str
    width: Annotated[int, Field(ge=1, le=WIDEST)]
    fusion: Literal["none"] | StagesPart
    fuse: Literal["early", "late"]

    @field_validator("filters")
    @classmethod
    def _known(cls, value: str) -> str:
        known = sorted(module.name for module in iter_modules(filters.__path__))
        if value not in known:
            raise ValueError(f"must be {either([f'`{name}`' for name in known])}")
        return value

    @field_validator("fuse")
    @classmethod
    def _in_place(cls, value: str, info: ValidationInfo) -> str:
        chosen = info.data.get("filters")
        if value == "early" and chosen and not import_module(_module(chosen)).ALIGNED:
            raise ValueError(f"must be `late` with `filters: {chosen}`, for a spectrum has no places in the image")
        if value == "early" and info.data.get("fusion", "none") != "none":
            raise ValueError("must be `late` with stages in `fusion`, for only pooled features are joined")
        return value

    def modules(self) -> list[str]:
        """Name the modules that are imported for this head alone, for the code version."""
        return [*super().modules(), _module(self.filters)]


class Traces(nn.Module):
    """From the network's input back to pixels, and through the filter."""

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(self, name: str, shown: InputPart) -> None:
        """Take a filter by name, and the normalisation that is undone."""
        super().__init__()
        self.filter = import_module(_module(name)).Filter()
        # The recipe says them; they are no weights.
        self.register_buffer("mean", torch.tensor(shown.mean).reshape(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(shown.std).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give traces of shape (n, channels, height, width), float32."""
        # bf16 has 8 bits: it would round the pixels to whole grey levels, and the traces away.
        with torch.autocast(images.device.type, enabled=False):
            traces: torch.Tensor = self.filter((images.float() * self.std + self.mean) * 255)
        return traces


class Early(Around):
    """A backbone that sees the image with the traces added."""

    def __init__(self, backbone: nn.Module, traces: Traces, width: int) -> None:
        """Add the branch, which starts as nothing."""
        super().__init__(backbone)
        self.traces = traces
        last = nn.Conv2d(width, 3, 1, bias=False)
        nn.init.zeros_(last.weight)
        self.mix = nn.Sequential(ConvNormAct(traces.filter.channels, width, 3), last)

    def forward_features(self, images: torch.Tensor) -> Any:
        """Give the backbone's features of the image with its traces."""
        return super().forward_features(images + self.mix(self.traces(images)))


class Pooled(Joined):
    """A backbone whose last feature maps are pooled as timm pools them."""

    def __init__(self, backbone: Any, drop_rate: float, more: int) -> None:
        """Take the backbone, and say how many features are joined to its own."""
        super().__init__(
            backbone, (getattr(backbone, "head_hidden_size", None) or backbone.num_features) + more, drop_rate
        )

    def join(self, features: Any) -> torch.Tensor:
        """Pool."""
        pooled: torch.Tensor = self.backbone.forward_head(features, pre_logits=True)
        return pooled


class Late(Joined):
    """What a network has beside its backbone for the traces: a small network, whose features join the backbone's."""

    def add(self, traces: Traces, width: int) -> Self:
        """Add the branch: four convolutions, each of which halves the sides."""
        self.traces = traces
        given = [traces.filter.channels, width, width, width]
        self.branch = nn.Sequential(*(ConvNormAct(channels, width, 3, stride=2) for channels in given))
        return self

    def forward_features(self, images: torch.Tensor) -> tuple[Any, torch.Tensor]:
        """Give the backbone's features and the branch's feature maps."""
        return super().forward_features(images), self.branch(self.traces(images))

    def join(self, features: tuple[Any, torch.Tensor]) -> torch.Tensor:
        """Pool both."""
        seen, traces = features
        return torch.cat([super().join(seen), traces.mean((2, 3))], dim=1)


class LateOnLast(Late, Pooled):
    """The branch beside the last feature maps."""


class LateOnStages(Late, Staged):
    """The branch beside the feature maps of several stages."""


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
    traces, width = Traces(settings.filters, shown), settings.width
    if settings.fuse == "early":
        return Early(make(outputs=1, drop_rate=part.drop_rate), traces, width)
    backbone = make(outputs=0, drop_rate=0.0)
    if settings.fusion == "none":
        return LateOnLast(backbone, part.drop_rate, width).add(traces, width)
    check_stages(part.backbone, backbone, settings.fusion, "model.head.fusion")
    return LateOnStages(backbone, settings.fusion, part.drop_rate, width).add(traces, width)


def _module(name: str) -> str:
    return f"{filters.__name__}.{name}"
