"""Build a network: a backbone of timm, a head, and what of them learns."""

import warnings
from functools import partial
from typing import Any

import torch
from torch import nn

from unmask.errors import ParamsError, UnmaskError
from unmask.model.backbone import make_backbone
from unmask.model.fault import reason
from unmask.model.freeze import freeze
from unmask.model.part import InputPart, ModelPart
from unmask.model.trial import try_out


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
    with warnings.catch_warnings():
        # What channels of 0 mean is told by the image that the network takes.
        warnings.filterwarnings("ignore", message="Initializing zero-element tensors")
        network = _stood(part, shown, pretrained=pretrained)
    freeze(network, part)
    if part.checkpointing:
        _checkpoint(network, part)
    try_out(network, part, shown, partial(_stood, pretrained=False))
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


def _stood(part: ModelPart, shown: InputPart, *, pretrained: bool) -> nn.Module:
    """Put the head on its backbone."""
    try:
        network: nn.Module = part.head.module.build(part, shown, partial(make_backbone, part, shown, pretrained))
    except UnmaskError:
        raise
    except Exception as error:
        # Backbones differ in what they tell of themselves, and memory may end.
        raise ParamsError(
            f"`model.head`: `{part.head.name}` cannot be put on timm's `{part.backbone}`: {reason(error)}."
        ) from error
    return network


def _checkpoint(network: Any, part: ModelPart) -> None:
    try:
        network.set_grad_checkpointing(True)
    except (AssertionError, AttributeError):
        raise ParamsError(
            f"`model.checkpointing` must be false with timm's `{part.backbone}`, which cannot do it."
        ) from None
