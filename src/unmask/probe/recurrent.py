"""The body of a recurrent head: packed sequences through a GRU or an LSTM; its last states are the track's features."""

from typing import Any

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from unmask.probe.head import Choice, Tried
from unmask.probe.sequence import Body, SequenceSettings
from unmask.probe.tracks import Batch


class RecurrentSettings(SequenceSettings):
    """Settings of a GRU or an LSTM.

    Attributes:
        both_ways: Whether a second one reads the track backwards; values to be tried.
    """

    both_ways: Tried[bool]


class Recurrent(Body):
    """A GRU or an LSTM that never sees what is filled up."""

    def __init__(self, kind: type[nn.GRU] | type[nn.LSTM], choice: Choice) -> None:
        """Build the layers; between them features are dropped too."""
        super().__init__()
        self.net: Any = kind(
            choice["width"],
            choice["width"],
            choice["layers"],
            batch_first=True,
            dropout=choice["dropout"] if choice["layers"] > 1 else 0.0,
            bidirectional=choice["both_ways"],
        )
        self.ways = 2 if choice["both_ways"] else 1
        self.features = self.ways * choice["width"]

    def forward(self, x: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Give the last layer's state after each track's last face, and after its first one when read backwards."""
        packed = pack_padded_sequence(x, batch.lengths, batch_first=True, enforce_sorted=False)
        _, state = self.net(packed)
        hidden: torch.Tensor = state[0] if isinstance(self.net, nn.LSTM) else state
        return torch.cat(list(hidden[-self.ways :]), dim=1)
