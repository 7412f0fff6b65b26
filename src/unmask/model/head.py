"""What a head is, and what makes the backbone that it stands on."""

from typing import ClassVar, Protocol

from torch import nn

from unmask.model import heads
from unmask.train.plugins import Plugin


class Head(Plugin):
    """Settings of a head as they stand under `model.head`; each head adds its own."""

    package: ClassVar[str] = heads.__name__

    def modules(self) -> list[str]:
        """Name the modules that are imported for this head alone, for the code version."""
        return [self.module_name]


class Make(Protocol):
    """What makes the backbone of a recipe, weights included."""

    def __call__(self, *, outputs: int, drop_rate: float) -> nn.Module:
        """Make it.

        Args:
            outputs: Number of outputs of timm's own classifier; 0 for none.
            drop_rate: Share of the features that is dropped before timm's own classifier.
        """
