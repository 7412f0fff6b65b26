"""Build a network: a backbone of timm, a head, and what of them learns."""

from functools import partial
from typing import Any

import torch
from torch import nn

from unmask.errors import ParamsError
from unmask.model.backbone import make_backbone
from unmask.model.freeze import freeze
from unmask.model.network import embed
from unmask.model.part import InputPart, ModelPart


def build(part: ModelPart, shown: InputPart, *, pretrained: bool) -> nn.Module:
    """Build the network with one output, the logit of fake; it has taken one image, so it will take the rest.

    Args:
        part: What the recipe says about the model.
        shown: How a crop becomes the network's input.
        pretrained: Load the weights that the recipe names; without, they are random.

    Raises:
        ParamsError: timm cannot build the backbone so, the head cannot stand on it, or it cannot take such images.
        DataError: The weights are missing or do not fit.
    """
    network: nn.Module = part.head.module.build(part, shown, partial(make_backbone, part, shown, pretrained))
    freeze(network, part)
    if part.checkpointing:
        _checkpoint(network, part)
    _try(network, part, shown)
    # Convolutions on a CPU are half as fast again in this layout.
    return network.to(memory_format=torch.channels_last) if part.channels_last else network


def compile_steps(network: nn.Module, part: ModelPart) -> None:
    """Compile what training calls, if the recipe says so; scoring asks the parts of a network, which stay as they are.

    Raises:
        ParamsError: On this machine there is nothing to compile with.
    """
    if part.compile:
        from torch._inductor.cpp_builder import get_cpp_compiler

        try:
            # Also for a GPU, as Triton's launcher is built by it.
            get_cpp_compiler()
        except Exception as error:
            raise ParamsError(
                "`model.compile`: no C++ compiler is here, which `torch.compile` needs; install g++, or say false."
            ) from error
        network.compile()


def _checkpoint(network: Any, part: ModelPart) -> None:
    try:
        network.set_grad_checkpointing(True)
    except (AssertionError, AttributeError):
        raise ParamsError(
            f"`model.checkpointing` must be false with timm's `{part.backbone}`, which cannot do it."
        ) from None


def _try(network: nn.Module, part: ModelPart, shown: InputPart) -> None:
    """Take one image, so that what does not fit is told now and not in the first epoch."""
    what = (
        f"`model`: `{part.backbone}` with the head `{part.head.name}`{' and these `options`' if part.options else ''}"
    )
    network.eval()
    try:
        with torch.no_grad():
            image = torch.zeros(1, 3, shown.size, shown.size)
            logits, features = network(image), embed(network, image)
    except Exception as error:
        said = (str(error).splitlines() or ["it does not say why"])[0].rstrip(".")
        raise ParamsError(
            f"{what} cannot take images of {shown.size} x {shown.size} pixels; change `input.size`, or what does not "
            f"go together: {said}."
        ) from error
    network.train()
    if logits.shape != (1, 1):
        raise ParamsError(f"{what} must give one logit for an image, of shape (1, 1), and gives {_shape(logits)}.")
    if features.ndim != 2 or len(features) != 1:
        raise ParamsError(f"{what} must give one row of features for an image, and gives {_shape(features)}.")


def _shape(answer: torch.Tensor) -> str:
    return f"the shape {tuple(answer.shape)}"
