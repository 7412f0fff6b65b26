"""The backbone: any model of timm by name, with weights from nowhere, the hub or a file."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import timm
from torch import nn

from unmask.errors import ParamsError, warn
from unmask.model.fault import culprit, listed, reason, succeeds
from unmask.model.names import check_current, check_name, side
from unmask.model.network import classifiers, quieten
from unmask.model.options import check_options
from unmask.model.part import InputPart, ModelPart
from unmask.model.weights import start_from
from unmask.wording import unknown_option


def make_backbone(part: ModelPart, shown: InputPart, pretrained: bool, *, outputs: int, drop_rate: float) -> nn.Module:
    """Make a backbone.

    Args:
        part: What the recipe says about the model.
        shown: How a crop becomes the network's input.
        pretrained: Load the weights that the recipe names; without, they are random.
        outputs: Number of outputs of timm's own classifier; 0 for none.
        drop_rate: Share of the features that is dropped before it.

    Raises:
        ParamsError: timm does not know the backbone or cannot build it so.
        DataError: The weights are missing or do not fit.
    """
    check_name(part)
    if pretrained:
        check_current(part.backbone)
    check_options(part.options)
    backbone = _made(
        part, shown, pretrained and part.weights == "hub", {"num_classes": outputs, "drop_rate": drop_rate}
    )
    if outputs:
        asked: Any = backbone
        quieten(asked.get_classifier())
    if pretrained and part.weights not in ("none", "hub"):
        start_from(backbone, Path(part.weights), part.sha256, classifiers(backbone))
    return backbone


def _made(part: ModelPart, shown: InputPart, hub: bool, asked: dict[str, Any]) -> nn.Module:
    make = partial(timm.create_model, part.backbone, **asked)
    try:
        backbone: nn.Module = make(pretrained=hub, **_size(part.backbone, shown.size) | part.options)
    except Exception as error:
        # Whatever a backbone's own code or the hub raises, its cause stands in the recipe.
        raise ParamsError(_refused(error, part, shown, hub, make)) from error
    if hub:
        _compare(backbone, shown)
    return backbone


def _refused(error: Exception, part: ModelPart, shown: InputPart, hub: bool, make: Callable[..., nn.Module]) -> str:
    """Say what timm refuses, and by which key of the recipe."""

    def builds(options: dict[str, Any], size: int = shown.size) -> bool:
        return succeeds(partial(make, **_size(part.backbone, size) | options))

    name, said = part.backbone, reason(error)
    if (unknown := unknown_option(error)) in part.options:
        return f"`model.options`: timm's `{name}` has no option `{unknown}`."
    again = builds(part.options)
    if hub and again:
        return f"`model.weights`: timm cannot fill `{name}`, as the recipe has it, with weights of the hub: {said}."
    if not again and (odd := culprit(part.options, builds)):
        return f"`model.options`: timm cannot build `{name}` with {listed(odd)}: {said}."
    if not again and (wanted := side(name)) not in (0, shown.size) and builds(part.options, wanted):
        told = f"for images of {shown.size} x {shown.size} pixels; it has it for {wanted} x {wanted}"
        return f"`input.size`: timm cannot build `{name}` {told}: {said}."
    return f"`model.backbone`: timm cannot build `{name}`: {said}."


def _size(name: str, size: int) -> dict[str, int]:
    """Tell transformers, whose positions are counted when they are built, how large the input will be."""
    facts = timm.get_pretrained_cfg(name)
    return {"img_size": size} if facts and facts.fixed_input_size else {}


def _compare(backbone: Any, shown: InputPart) -> None:
    """Warn where weights see other colours than they were trained with."""
    for name, seen in (("mean", shown.mean), ("std", shown.std)):
        if list(trained := backbone.pretrained_cfg[name]) != list(seen):
            warn(f"`input.{name}` is {list(seen)}, but these weights were trained with {list(trained)}.")
