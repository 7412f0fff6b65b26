"""A trial: a new network takes one image, so that what does not fit is told now and not in the first epoch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from unmask.errors import ParamsError
from unmask.model.fault import culprit, listed, reason, succeeds
from unmask.model.names import side
from unmask.model.network import embed
from unmask.model.part import InputPart, ModelPart

Build = Callable[[ModelPart, InputPart], nn.Module]


def try_out(network: nn.Module, part: ModelPart, shown: InputPart, build: Build) -> None:
    """Give a network one image.

    Args:
        network: The network; it is left as it is, in training mode.
        part: What the recipe says about the model.
        shown: How a crop becomes the network's input.
        build: Builds a network of this kind, of other options or for another size, to find what is at fault.

    Raises:
        ParamsError: It does not take the image, or gives something else than a logit and features.
    """
    try:
        _take(network, shown)
    except Exception as error:
        raise ParamsError(_told(error, part, shown, build)) from error
    network.train()


class _AnswerError(Exception):
    """What a network gives is not what is asked of it."""


def _take(network: nn.Module, shown: InputPart) -> None:
    network.eval()
    with torch.no_grad():
        image = torch.zeros(1, 3, shown.size, shown.size)
        logits, features = network(image), embed(network, image)
    if logits.shape != (1, 1):
        raise _AnswerError(f"must give one logit for an image, of shape (1, 1), and gives {_shape(logits)}.")
    if features.ndim != 2 or len(features) != 1:
        raise _AnswerError(f"must give one row of features for an image, and gives {_shape(features)}.")


def _told(error: Exception, part: ModelPart, shown: InputPart, build: Build) -> str:
    """Say what does not fit, and by which key of the recipe, as far as further trials can tell."""

    def fits(options: dict[str, Any], size: int = shown.size) -> bool:
        other, larger = part.model_copy(update={"options": options}), shown.model_copy(update={"size": size})
        return succeeds(lambda: _take(build(other, larger), larger))

    what, key, more = f"`{part.backbone}` with the head `{part.head.name}`", "model", ""
    # If it works anew, it is a matter of what was done to the network since, or of memory.
    again = fits(part.options)
    if not again and (odd := culprit(part.options, fits)):
        what, key = f"{what} and {listed(odd)}", "model.options"
    elif not again and (wanted := side(part.backbone)) not in (0, shown.size) and fits(part.options, wanted):
        key, more = "input.size", f"; timm has it for {wanted} x {wanted}"
    if isinstance(error, _AnswerError):
        return f"`{key}`: {what} {error}"
    return f"`{key}`: {what} cannot take images of {shown.size} x {shown.size} pixels{more}: {reason(error)}."


def _shape(answer: torch.Tensor) -> str:
    return f"the shape {tuple(answer.shape)}"
