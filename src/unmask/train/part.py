"""The section `train` of a recipe: how the network learns, from which crops, and which epoch is kept."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, SerializeAsAny, field_validator, model_validator

from unmask.params import Section
from unmask.train.drawing import Sampling
from unmask.train.loss import Loss

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
Inside = Annotated[float, Field(gt=0, lt=1)]


class TrainPart(Section):
    """How the network learns.

    Attributes:
        epochs: How many at most.
        patience: After how many without a better score of `select` it stops.
        select: The score of the validation split whose best epoch is kept, or `last`: no score chooses, and the last
            epoch is kept; see `unmask.train.validate`.
        sampling: Which crops an epoch sees; a file in `sampling/` and its settings.
        batch: Crops of a step, over all processes together.
        optimizer: Name of an optimizer of timm.
        optimizer_options: Further arguments to it.
        lr: Highest learning rate.
        weight_decay: Weight decay; norms and biases have none.
        layer_decay: Factor of the rate from each layer to the one below it, or `none` (one rate for all).
        warmup_epochs: For how many epochs the rate rises.
        schedule: How it falls then.
        sam: Radius rho of sharpness-aware minimisation, or `none`.
        ema: Decay of the moving average of the weights that is judged and kept, or `none` (the weights themselves).
        precision: What the network computes in; other than fp32, mixed.
        loss: A file in `losses/` and its settings.
        clip_norm: Norm at which gradients are clipped, or `none`.
        freeze_norm: Whether the statistics of batch norm stay as they are.
    """

    epochs: Annotated[int, Field(ge=1, le=100_000)]
    patience: Count
    select: Literal["video_auc", "video_ap", "video_accuracy", "crop_auc", "loss", "last"]
    sampling: Annotated[SerializeAsAny[Sampling], PlainValidator(Sampling.choose)]
    batch: Annotated[int, Field(ge=2, le=65_536)]
    optimizer: str
    optimizer_options: dict[str, Any]
    lr: Positive
    weight_decay: Annotated[float, Field(ge=0)]
    layer_decay: Literal["none"] | Inside
    warmup_epochs: Annotated[float, Field(ge=0)]
    schedule: Literal["cosine", "linear", "none"]
    sam: Literal["none"] | Positive
    ema: Literal["none"] | Inside
    precision: Literal["fp32", "bf16", "fp16"]
    loss: Annotated[SerializeAsAny[Loss], PlainValidator(Loss.choose)]
    clip_norm: Literal["none"] | Positive
    freeze_norm: bool

    @field_validator("sampling")
    @classmethod
    def _single(cls, sampling: Sampling) -> Sampling:
        if sampling.sequences:
            raise ValueError(
                f"`{sampling.name}` gives sequences, but the network of a recipe judges single crops; take per_video, "
                "balanced or pairs (sequences are judged by `probes`)"
            )
        return sampling

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"`warmup_epochs` must be below `epochs` ({self.epochs})")
        if self.sampling.halves and self.batch % 2:
            raise ValueError(
                f"`batch` must be even (given: {self.batch}), for `{self.sampling.name}` fills it by halves"
            )
        if self.sam != "none" and self.precision == "fp16":
            raise ValueError("`sam` takes two steps back and forth, which fp16's loss scaling cannot follow; take bf16")
        return self

    def modules(self) -> list[str]:
        """Name the modules of the plugins, for the code version."""
        return [self.loss.module_name, self.sampling.module_name]
