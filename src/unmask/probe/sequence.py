"""What heads on sequences share: their settings, and the way from a batch of tracks to logits."""

from typing import Annotated, Self

import torch
from pydantic import Field, model_validator
from torch import nn

from unmask.probe.clock import encode
from unmask.probe.head import Choice, HeadSettings, Tried
from unmask.probe.standard import Standard
from unmask.probe.tracks import Batch, Length

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]


class SequenceSettings(HeadSettings):
    """Settings of every head on sequences.

    Attributes:
        width: Features after the first layer, and of the layers that see time; even; values to be tried.
        layers: Number of layers that see time; values to be tried.
        dropout: Share of features dropped while learning; values to be tried.
        shortest: Shortest period of the code of time, in seconds.
        longest: Longest period, in seconds.
        length: How many faces of a track are learned from at once, at most; a longer one gives another window of that
            many in every epoch. Whole tracks are judged.
        lr: Learning rate of AdamW; values to be tried.
        weight_decay: Of AdamW.
        batch: Tracks of one step; what remains of an epoch is spread over its steps.
        epochs: Epochs at most.
        patience: Epochs without a better AUC on validation videos, after which it stops.
    """

    width: Tried[Annotated[int, Field(ge=2, multiple_of=2)]]
    layers: Tried[Count]
    dropout: Tried[Annotated[float, Field(ge=0, lt=1)]]
    shortest: Positive
    longest: Positive
    length: Length
    lr: Tried[Positive]
    weight_decay: Annotated[float, Field(ge=0)]
    batch: Count
    epochs: Count
    patience: Count

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.longest < self.shortest:
            raise ValueError(f"`longest` must be at least `shortest` ({self.shortest:g})")
        return self


class Body(nn.Module):
    """The layers that see time; their `features` come out.

    Attributes:
        features: Number of features of a track.
    """

    features: int

    def forward(self, x: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Turn faces (tracks, longest, width) into tracks (tracks, features)."""
        raise NotImplementedError


class TrackNet(nn.Module):
    """Standardise and narrow embeddings, add the code of time, let the body look at the sequence, judge the track."""

    mean: torch.Tensor
    scale: torch.Tensor

    def __init__(self, standard: Standard, body: Body, choice: Choice) -> None:
        """Build the layers around the body."""
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(standard.mean).float())
        self.register_buffer("scale", torch.from_numpy(standard.scale).float())
        self.narrow = nn.Linear(len(standard.mean), choice["width"])
        self.drop = nn.Dropout(choice["dropout"])
        self.body = body
        self.judge = nn.Linear(body.features, 1)
        self._code = choice["width"], choice["shortest"], choice["longest"]

    def read(self, batch: Batch) -> torch.Tensor:
        """Give what the body sees, shape (tracks, longest, width)."""
        narrow: torch.Tensor = self.narrow((batch.values - self.mean) / self.scale)
        return narrow + encode(batch.seconds, *self._code)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Give the logit of every track, shape (tracks)."""
        seen: torch.Tensor = self.drop(self.body(self.drop(self.read(batch)), batch))
        judged: torch.Tensor = self.judge(seen)[:, 0]
        return judged
