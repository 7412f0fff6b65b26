"""Build a network: any timm backbone by name, with one output, and weights from nowhere, the hub or a file."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from unmask.errors import DataError, ParamsError
from unmask.train.recipe import ModelPart, TrainPart
from unmask.wording import unknown_option


def build(part: ModelPart, *, pretrained: bool) -> torch.nn.Module:
    """Build the network with one output, the logit of fake.

    Args:
        part: What the recipe says about the model.
        pretrained: Load the weights that the recipe names; without, they are random.

    Raises:
        ParamsError: timm does not know the backbone or cannot build it so.
        DataError: The weights are missing or do not fit.
    """
    if not timm.is_model(part.backbone):
        close = get_close_matches(part.backbone, timm.list_models(), n=5, cutoff=0.5)
        said = f"the closest are: {', '.join(close)}" if close else "list them with `timm.list_models()`"
        raise ParamsError(f"`model.backbone`: timm has no model `{part.backbone}`; {said}.")
    hub = pretrained and part.weights == "hub"
    try:
        model: torch.nn.Module = timm.create_model(
            part.backbone, pretrained=hub, num_classes=1, drop_rate=part.drop_rate, **part.options
        )
    except Exception as error:
        # Whatever a backbone's own code or the hub raises, its cause stands in the recipe.
        if odd := unknown_option(error):
            raise ParamsError(f"`model.options`: timm's `{part.backbone}` has no option `{odd}`.") from error
        said = str(error).rstrip(".")
        raise ParamsError(f"`model`: timm cannot build `{part.backbone}` as the recipe says: {said}.") from error
    _quieten(model)
    if pretrained and part.weights not in ("none", "hub"):
        load_weights(model, Path(part.weights), but=_classifier(model))
    # Convolutions on a CPU are half as fast again in this layout.
    return model.to(memory_format=torch.channels_last) if part.channels_last else model


def load_weights(model: torch.nn.Module, path: Path, but: tuple[str, ...] = ()) -> None:
    """Fill a network from a .safetensors file.

    Args:
        model: The network to fill.
        path: The file.
        but: Layers that keep their own weights, such as the classifier of other classes.

    Raises:
        DataError: The file is missing or broken, or its tensors are not those of the network.
    """
    try:
        given = load_file(path)
    except FileNotFoundError:
        raise DataError(f"the weights {path} do not exist.") from None
    except (SafetensorError, OSError) as error:
        said = "it is a folder" if path.is_dir() else str(error)
        raise DataError(f"the weights {path} are not a readable .safetensors file: {said}.") from None
    own = model.state_dict()
    kept = {name for name in own.keys() | given.keys() if name.rpartition(".")[0] in but}
    wrong = {
        "missing": sorted(own.keys() - given.keys() - kept),
        "unexpected": sorted(given.keys() - own.keys() - kept),
        "of another shape": sorted(n for n in own.keys() & given.keys() - kept if own[n].shape != given[n].shape),
    }
    if any(wrong.values()):
        parts = [f"{len(names)} {what} ({_some(names)})" for what, names in wrong.items() if names]
        raise DataError(f"the weights {path} do not fit the model: tensors {'; '.join(parts)}.")
    model.load_state_dict({name: own[name] if name in kept else given[name] for name in own})


def set_training(model: torch.nn.Module, part: TrainPart) -> None:
    """Switch to training, with the statistics of batch norms held still where the recipe wants it."""
    model.train()
    for layer in model.modules():
        if part.freeze_norm and isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.eval()


def _quieten(model: torch.nn.Module) -> None:
    """Start the classifier near zero; EfficientNet's rule divides by the number of classes, and one is too few."""
    network: Any = model
    for layer in network.get_classifier().modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
            torch.nn.init.normal_(layer.weight, std=0.01)
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)


def _classifier(model: torch.nn.Module) -> tuple[str, ...]:
    names = getattr(model, "default_cfg", {}).get("classifier", ())
    return (names,) if isinstance(names, str) else tuple(names)


def _some(names: list[str], most: int = 4) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
