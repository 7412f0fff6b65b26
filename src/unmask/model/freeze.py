"""Freezing: what of a network stays as it is while the rest learns, and a table that shows it."""

from itertools import takewhile
from typing import Any

from timm.models import group_parameters
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from unmask.errors import ParamsError
from unmask.model.network import INSIDE, Around, newborn
from unmask.model.part import ModelPart


def held_at_random(part: ModelPart) -> str:
    """Say that layers are kept which have learned nothing; nothing where there are none."""
    if part.weights == "none" and part.freeze != "none":
        return f"`model.freeze` is {part.freeze}, but with `model.weights: none` what it holds still stays random."
    return ""


def freeze(network: nn.Module, part: ModelPart) -> None:
    """Keep parameters from learning.

    Args:
        network: The network.
        part: Its `freeze` says what stays: `none`, `all` but the head, all but `norms` and the head, or a number of
            leading layers, as timm counts them for layer-wise rates: first the stem, then block by block.

    Raises:
        ParamsError: There are no norms, or not so many layers.
    """
    still: set[str] = set()
    if part.freeze != "none":
        still = {name for name, _ in network.named_parameters()} - newborn(network)
    if part.freeze == "norms":
        learning = _norms(network)
        if not still & learning:
            raise ParamsError(f"`model.freeze`: `{part.backbone}` has no norms that could learn; choose another way.")
        still -= learning
    elif isinstance(part.freeze, int):
        groups = [names for names in map(set, layers(network)) if names & still]
        if part.freeze > len(groups):
            raise ParamsError(
                f"`model.freeze`: `{part.backbone}` has {len(groups)} layers that can be frozen (the stem, then block "
                f"by block), so it must be `none`, `all`, `norms` or from 1 to {len(groups)} (given: {part.freeze})."
            )
        still &= set().union(*groups[: part.freeze])
    for name, parameter in network.named_parameters():
        if name in still:  # and no more: timm itself holds some still, such as positions by formula
            parameter.requires_grad_(False)


def set_training(network: nn.Module, *, hold_norms: bool) -> None:
    """Switch to training; frozen layers stay as in evaluation: their norms count nothing, and nothing is dropped.

    Args:
        network: The network.
        hold_norms: Whether the statistics of all batch norms of the backbone stay, too.
    """
    network.train()
    for name, layer in network.named_modules():
        own = list(layer.parameters())
        frozen = bool(own) and not any(parameter.requires_grad for parameter in own)
        # Those of a head of ours have no statistics yet that would be worth keeping.
        old = name.startswith(INSIDE) or not isinstance(network, Around)
        if frozen or (hold_norms and old and isinstance(layer, _BatchNorm)):
            layer.eval()


def layers(network: Any) -> list[list[str]]:
    """Give the names of parameters, layer by layer from the input up, as timm counts them for layer-wise rates."""
    if not hasattr(getattr(network, "backbone", network), "group_matcher"):
        return [[name for name, _ in network.named_parameters()]]  # the few that do not say count as one layer
    return list(group_parameters(network, network.group_matcher(coarse=False)).values())


def summary(network: nn.Module) -> str:
    """Make a table of layers: how many parameters they have, and how many of them learn."""
    sizes = {name: (one.numel(), one.numel() * one.requires_grad) for name, one in network.named_parameters()}
    lines = ["layer  parameters    learning  what"]
    for number, names in enumerate(layers(network)):
        there, learning = (sum(sizes[name][kind] for name in names) for kind in (0, 1))
        lines.append(f"{number:5d}  {there:10,d}  {learning:10,d}  {_what(names)}")
    there, learning = (sum(size[kind] for size in sizes.values()) for kind in (0, 1))
    return "\n".join([*lines, f"  all  {there:10,d}  {learning:10,d}"])


def _norms(network: nn.Module) -> set[str]:
    """Name the parameters of norms, of which timm has two dozen kinds that only their names have in common."""
    return {
        f"{name}.{own}"
        for name, module in network.named_modules()
        for own, parameter in module.named_parameters(recurse=False)
        if "norm" in type(module).__name__.lower() and parameter.ndim <= 1
    }


def _what(names: list[str]) -> str:
    """Say in short what some parameters belong to: what all have in common, or the modules they begin with."""
    names = [name.removeprefix(INSIDE) for name in names]
    paths = [name.split(".")[:-1] for name in names]
    common = [parts[0] for parts in takewhile(lambda parts: len({*parts}) == 1, zip(*paths, strict=False))]
    starts = dict.fromkeys(path[0] if path else name for path, name in zip(paths, names, strict=True))
    return ".".join(common) or ", ".join(starts)
