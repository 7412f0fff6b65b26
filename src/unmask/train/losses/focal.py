"""Focal loss: crops that are judged rightly and surely count less (Lin et al. 2017, "Focal loss", equation 4)."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch.nn.functional import logsigmoid

from unmask.train.loss import Loss


class Settings(Loss):
    """How much less they count.

    Attributes:
        gamma: Power of the chance that the network gives to the wrong class; with 0 it is the cross-entropy. The
            paper takes 2. Its factor alpha is `pos_weight`.
    """

    name: Literal["focal"]
    gamma: Annotated[float, Field(ge=0)]


def per_crop(logits: torch.Tensor, labels: torch.Tensor, settings: Settings) -> torch.Tensor:
    """Give the focal loss of every crop (n)."""
    # Not torchvision's: below a gamma of 1 its slope is no number where the chance rounds to 0.
    right = logits * (2 * labels - 1)
    return -logsigmoid(right) * (settings.gamma * logsigmoid(-right)).exp()
