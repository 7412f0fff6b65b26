"""The loss of a batch: what a plugin in `losses/` says of every crop, weighted by manifest and class."""

from typing import Annotated, ClassVar, Literal, Protocol, cast

import torch
from pydantic import Field

from unmask.train.plugins import Plugin


class Loss(Plugin):
    """Settings of every loss.

    Attributes:
        pos_weight: Factor on fakes: a number, `balance` (so that both classes weigh the same in sum over what an epoch
            is expected to see) or `none`.
    """

    package: ClassVar[str] = "unmask.train.losses"
    pos_weight: Literal["balance", "none"] | Annotated[float, Field(gt=0)]


class PerCrop(Protocol):
    """What a file in `losses/` offers under the name `per_crop`."""

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor, settings: Loss) -> torch.Tensor:
        """Give the loss of every crop.

        Args:
            logits: Shape (n), float32.
            labels: Shape (n), 0 real, 1 fake, float32.
            settings: The `Settings` beside it.

        Returns:
            Shape (n), not weighted.
        """


class Criterion:
    """The weighted loss of a training manifest's crops."""

    def __init__(self, settings: Loss, labels: torch.Tensor, weights: torch.Tensor, often: torch.Tensor | None) -> None:
        """Take what the manifest says of its crops.

        Args:
            settings: The loss that the recipe chose.
            labels: Label of every crop of the manifest, float32.
            weights: Weight of every crop of the manifest, float32.
            often: How often an epoch is expected to see every crop of the manifest, float32; None if the draw balances
                the classes. Then all crops weigh the same, and a number in `pos_weight` alone counts.
        """
        self._settings, self._halves = settings, often is None
        self._per_crop = cast(PerCrop, settings.module.per_crop)
        seen = torch.ones_like(weights) if often is None else often
        self._mean = float((weights * seen).mean() / seen.mean())
        balanced = often is None and settings.pos_weight == "balance"
        self.factor = 1.0 if balanced else positive_weight(settings, labels, weights * seen)

    def __call__(self, logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Give the mean loss of a batch.

        Args:
            logits: Shape (n).
            labels: Shape (n), 0 real, 1 fake.
            weights: Shape (n), as the manifest has them.
        """
        # The factor goes by the true label, so that smoothing does not shift the balance.
        weights = torch.ones_like(weights) if self._halves else weights / self._mean
        weights = weights * (1 + (self.factor - 1) * labels)
        return (weights * self._per_crop(logits.float(), labels, self._settings)).mean()


def positive_weight(settings: Loss, labels: torch.Tensor, weights: torch.Tensor) -> float:
    """Give the factor on fakes.

    Args:
        settings: The loss that the recipe chose.
        labels: Shape (n), 0 real, 1 fake.
        weights: Shape (n), what each crop is expected to weigh in an epoch.
    """
    if settings.pos_weight == "none":
        return 1.0
    if settings.pos_weight == "balance":
        return float((weights * (1 - labels)).sum() / (weights * labels).sum())
    return settings.pos_weight
