"""Networks speak as timm's models do, also where a head of ours stands around a backbone of timm.

What scores, freezes, sets the rates of layers or exports a network therefore asks all of them alike:
`forward_features`, `forward_head(features, pre_logits)`, `get_classifier`, `group_matcher`, `no_weight_decay`,
`set_grad_checkpointing`. A plain network is timm's own, with the names of tensors that timm gives.
"""

from collections.abc import Callable
from typing import Any

import torch
from timm.models import group_parameters
from torch import nn

INSIDE = "backbone."


def embed(network: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Give what the classifier sees of some images.

    Args:
        network: Any network of `unmask.model.build`, in evaluation mode.
        images: Shape (n, 3, size, size), normalised.

    Returns:
        Shape (n, features).
    """
    asked: Any = network
    features: torch.Tensor = asked.forward_head(asked.forward_features(images), pre_logits=True)
    return features


def classifiers(network: nn.Module) -> tuple[str, ...]:
    """Name the layers that turn features into the logit: one, of distilled transformers two."""
    asked: Any = network
    found = asked.get_classifier()
    layers = found if isinstance(found, tuple | list) else (found,)
    return tuple(name for name, module in network.named_modules() if any(module is layer for layer in layers))


def newborn(network: nn.Module) -> set[str]:
    """Name the parameters that no pretrained weights fill: the classifier, and all that is around the backbone."""
    heads = tuple(f"{name}." for name in classifiers(network))
    around = isinstance(network, Around)
    names = [name for name, _ in network.named_parameters()]
    return {name for name in names if name.startswith(heads) or (around and not name.startswith(INSIDE))}


def quieten(layer: nn.Module | tuple[nn.Module, ...]) -> None:
    """Start a classifier near zero; EfficientNet's rule divides by the number of classes, and one is too few.

    Args:
        layer: The classifier; distilled transformers have two.
    """
    for part in nn.ModuleList(layer if isinstance(layer, tuple) else [layer]).modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            nn.init.normal_(part.weight, std=0.01)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


class Around(nn.Module):
    """A network with a backbone of timm inside it; what it cannot answer itself, it asks the backbone."""

    def __init__(self, backbone: nn.Module) -> None:
        """Take the backbone."""
        super().__init__()
        self.backbone: Any = backbone

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Give logits of shape (n, 1)."""
        logits: torch.Tensor = self.forward_head(self.forward_features(images))
        return logits

    def forward_features(self, images: torch.Tensor) -> Any:
        """Give what the head starts from."""
        return self.backbone.forward_features(images)

    def forward_head(self, features: Any, pre_logits: bool = False) -> torch.Tensor:
        """Give logits of shape (n, 1), or what the classifier sees."""
        answer: torch.Tensor = self.backbone.forward_head(features, pre_logits=pre_logits)
        return answer

    def get_classifier(self) -> Any:
        """Give the layer that classifies."""
        return self.backbone.get_classifier()

    def set_grad_checkpointing(self, enable: bool = True) -> None:
        """Compute the backbone's activations again on the way back, instead of keeping them."""
        self.backbone.set_grad_checkpointing(enable)

    def no_weight_decay(self) -> set[str]:
        """Name the parameters that must not decay."""
        named: set[str] = getattr(self.backbone, "no_weight_decay", set)()
        return {f"{INSIDE}{name}" for name in named}

    def group_matcher(self, coarse: bool = False) -> Callable[[str], int]:
        """Give what numbers layers from the input up; what is new goes with the classifier, to learn at its rate."""
        inner = group_parameters(self.backbone, self.backbone.group_matcher(coarse=coarse), reverse=True)
        heads = tuple(f"{name}." for name in classifiers(self.backbone))
        last = max([number for name, number in inner.items() if name.startswith(heads)] or [max(inner.values()) + 1])
        return lambda name: inner.get(name.removeprefix(INSIDE), last) if name.startswith(INSIDE) else last


class Joined(Around):
    """A network that joins pooled features of several kinds before one linear classifier."""

    def __init__(self, backbone: nn.Module, features: int, drop_rate: float) -> None:
        """Add the classifier.

        Args:
            backbone: A model of timm without classifier.
            features: How many features `join` gives.
            drop_rate: Share of them that is dropped while training.
        """
        super().__init__(backbone)
        self.head_drop = nn.Dropout(drop_rate)
        self.classifier = nn.Linear(features, 1)
        quieten(self.classifier)

    def join(self, features: Any) -> torch.Tensor:
        """Pool what `forward_features` gives to shape (n, features)."""
        raise NotImplementedError

    def forward_head(self, features: Any, pre_logits: bool = False) -> torch.Tensor:
        """Give logits of shape (n, 1), or what the classifier sees."""
        joined = self.join(features)
        logits: torch.Tensor = joined if pre_logits else self.classifier(self.head_drop(joined))
        return logits

    def get_classifier(self) -> nn.Linear:
        """Give the layer that classifies."""
        return self.classifier
