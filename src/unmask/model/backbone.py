"""The backbone: any model of timm by name, with weights from nowhere, the hub or a file."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import timm
from torch import nn

from unmask.errors import ParamsError, warn
from unmask.model.network import classifiers, quieten
from unmask.model.part import InputPart, ModelPart
from unmask.model.weights import start_from
from unmask.wording import unknown_option

# What the recipe says in other places, or the head.
ELSEWHERE = {
    "pretrained": "`model.weights` says it",
    "checkpoint_path": "`model.weights` takes files",
    "drop_rate": "`model.drop_rate` says it",
    "num_classes": "every network has one output",
    "features_only": "the head `fusion` takes feature maps",
}


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
    _known(part.backbone)
    backbone = _made(
        part, shown, pretrained and part.weights == "hub", {"num_classes": outputs, "drop_rate": drop_rate}
    )
    if outputs:
        asked: Any = backbone
        quieten(asked.get_classifier())
    if pretrained and part.weights not in ("none", "hub"):
        start_from(backbone, Path(part.weights), part.sha256, classifiers(backbone))
    return backbone


def _known(name: str) -> None:
    if not timm.is_model(name):
        close = get_close_matches(name, timm.list_models(), n=5, cutoff=0.5)
        said = f"the closest are: {', '.join(close)}" if close else "list them with `timm.list_models()`"
        raise ParamsError(f"`model.backbone`: timm has no model `{name}`; {said}.")


def _made(part: ModelPart, shown: InputPart, hub: bool, given: dict[str, Any]) -> nn.Module:
    if odd := next((name for name in part.options if name in ELSEWHERE), None):
        raise ParamsError(f"`model.options` must not hold `{odd}`: {ELSEWHERE[odd]}.")
    try:
        backbone: nn.Module = timm.create_model(
            part.backbone, pretrained=hub, **given, **_size(part.backbone, shown) | part.options
        )
    except Exception as error:
        # Whatever a backbone's own code or the hub raises, its cause stands in the recipe.
        if unknown := unknown_option(error):
            raise ParamsError(f"`model.options`: timm's `{part.backbone}` has no option `{unknown}`.") from error
        said = str(error).rstrip(".")
        raise ParamsError(f"`model`: timm cannot build `{part.backbone}` as the recipe says: {said}.") from error
    if hub:
        _compare(backbone, shown)
    return backbone


def _size(name: str, shown: InputPart) -> dict[str, int]:
    """Tell transformers, whose positions are counted when they are built, how large the input will be."""
    facts = timm.get_pretrained_cfg(name)
    return {"img_size": shown.size} if facts and facts.fixed_input_size else {}


def _compare(backbone: Any, shown: InputPart) -> None:
    """Warn where weights see other colours than they were trained with."""
    for name, given in (("mean", shown.mean), ("std", shown.std)):
        if list(trained := backbone.pretrained_cfg[name]) != list(given):
            warn(f"`input.{name}` is {list(given)}, but these weights were trained with {list(trained)}.")
