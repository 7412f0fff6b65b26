"""Binary cross-entropy, with smoothed labels where wished (Szegedy et al. 2016, section 7)."""

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch.nn.functional import binary_cross_entropy_with_logits

from unmask.train.loss import Loss


class Settings(Loss):
    """How certain labels are.

    Attributes:
        label_smoothing: A label is moved by half of this towards the other one, 0 to below 1.
    """

    name: Literal["bce"]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]


def per_crop(logits: torch.Tensor, labels: torch.Tensor, settings: Settings) -> torch.Tensor:
    """Give the cross-entropy of every crop (n)."""
    soft = labels * (1 - settings.label_smoothing) + settings.label_smoothing / 2
    return binary_cross_entropy_with_logits(logits, soft, reduction="none")
