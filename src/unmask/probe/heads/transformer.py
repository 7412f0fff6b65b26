"""A Transformer encoder on tracks (Vaswani et al. 2017, "Attention is all you need"); time alone tells it of order."""

from typing import Self

import torch
from pydantic import model_validator
from torch import nn

from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, Tried
from unmask.probe.learn import learn
from unmask.probe.sequence import Body, Count, SequenceSettings
from unmask.probe.tracks import Batch

TEMPORAL = True


class Settings(SequenceSettings):
    """Settings of a Transformer.

    Attributes:
        heads: Attention heads, of which `width` is a multiple; values to be tried.
    """

    heads: Tried[Count]

    @model_validator(mode="after")
    def _even(self) -> Self:
        for width in self.width:
            for heads in self.heads:
                if width % heads:
                    raise ValueError(f"`width` must be a multiple of `heads`; {width} is none of {heads}")
        return self


class Encoder(Body):
    """Layers of attention that never look at what is filled up, and the mean over the faces of a track."""

    def __init__(self, choice: Choice) -> None:
        """Build the layers, normalised before attention, for that learns without a warm-up (Xiong et al. 2020)."""
        super().__init__()
        width = self.features = choice["width"]
        layer = nn.TransformerEncoderLayer(
            width, choice["heads"], 2 * width, choice["dropout"], batch_first=True, norm_first=True
        )
        self.net = nn.TransformerEncoder(layer, choice["layers"], norm=nn.LayerNorm(width), enable_nested_tensor=False)

    def forward(self, x: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Give the mean over the faces of every track."""
        seen = self.net(x, src_key_padding_mask=batch.padded).masked_fill(batch.padded[..., None], 0.0)
        mean: torch.Tensor = seen.sum(dim=1) / batch.lengths[:, None]
        return mean


def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Learn from the tracks of the training faces."""
    return learn(Encoder, learned, judged, choice, seed)
