"""The sections of a recipe on the network: what it is built from, `model`, and how a crop becomes its `input`.

The file is not called `params.py`, for that name makes a section of `params.yaml`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, SerializeAsAny, ValidationInfo, field_validator

from unmask.model.head import Head
from unmask.params import Section

Share = Annotated[float, Field(ge=0, le=1)]
AboveZero = Annotated[float, Field(gt=0, le=1)]

# What a file of weights may be called; what stands in it is not run, whatever the name.
SUFFIXES = (".safetensors", ".pth", ".pth.tar")


class ModelPart(Section):
    """Which network, and what it starts from.

    Attributes:
        backbone: Name of a model of timm.
        weights: `none`, `hub` (timm's own) or the path of a file.
        sha256: What that file's SHA-256 must be; empty where there is no file.
        drop_rate: Share of the features that is dropped before the classifier while training, 0 to 1.
        head: The head's name and its own options.
        freeze: What stays as it is: nothing, all but the head, all but norms and head, or so many leading layers.
        checkpointing: Whether activations are computed again on the way back, instead of kept.
        channels_last: Whether tensors are laid out with channels last.
        compile: Whether `torch.compile` compiles the steps of training.
        options: Further arguments to timm's model.
    """

    backbone: str
    weights: str
    sha256: str
    drop_rate: Annotated[float, Field(ge=0, lt=1)]
    head: Annotated[SerializeAsAny[Head], PlainValidator(Head.choose)]
    freeze: Literal["none", "all", "norms"] | Annotated[int, Field(ge=1)]
    checkpointing: bool
    channels_last: bool
    compile: bool
    options: dict[str, Any]

    @field_validator("weights")
    @classmethod
    def _known(cls, value: str) -> str:
        if "://" in value:
            raise ValueError("addresses are not fetched; download the file, and name where it lies")
        if value.startswith("~"):
            raise ValueError("`~` is not expanded; write the path out")
        if value not in ("none", "hub") and not value.endswith(SUFFIXES):
            raise ValueError(
                f"must be `none`, `hub` or the path of a file {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
            )
        return value

    @field_validator("sha256")
    @classmethod
    def _named(cls, value: str, info: ValidationInfo) -> str:
        weights = info.data.get("weights")
        if weights in ("none", "hub") and value:
            raise ValueError(f"must be empty, `''`, for with `weights: {weights}` there is no file")
        if weights not in ("none", "hub", None) and not re.fullmatch("[0-9a-f]{64}", value):
            raise ValueError(
                "must be the SHA-256 of the file that `weights` names, 64 of the digits 0 to 9 and a to f "
                "(`sha256sum` tells it)"
            )
        return value


class InputPart(Section):
    """How a crop becomes the network's input.

    Attributes:
        size: Pixels of each side.
        mean: Red, green and blue that become 0, each of 0 to 1.
        std: Differences in red, green and blue that become 1.
        interpolation: What resizes a crop of another size.
    """

    size: Annotated[int, Field(ge=16, le=1024)]
    mean: tuple[Share, Share, Share]
    std: tuple[AboveZero, AboveZero, AboveZero]
    interpolation: Literal["bilinear", "bicubic"]
