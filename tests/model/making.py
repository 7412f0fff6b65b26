"""Networks for the tests: small backbones of three families, and every head with settings."""

from typing import Any

import torch
from torch import nn

from unmask.model.build import build
from unmask.model.part import InputPart, ModelPart

SIZE = 48
# Batch norms, layer norms and blocks in stages; layer norms and blocks alike.
FAMILIES = ("test_resnet", "test_convnext", "test_vit")
HEADS: dict[str, dict[str, Any]] = {
    "plain": {"name": "plain"},
    "fusion": {"name": "fusion", "stages": [1, -2, -1], "width": 8},
    "early": {"name": "frequency", "filters": "srm", "fuse": "early", "width": 4, "fusion": "none"},
    "late": {"name": "frequency", "filters": "dct", "fuse": "late", "width": 4, "fusion": "none"},
    "both": {
        "name": "frequency", "filters": "srm", "fuse": "late", "width": 4, "fusion": {"stages": [1, -1], "width": 8},
    },
}  # fmt: skip
FREQUENCY = {"name": "frequency", "filters": "srm", "fuse": "late", "width": 4, "fusion": "none"}
SHOWN = InputPart(size=SIZE, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.25), interpolation="bilinear")


def part(**changes: Any) -> ModelPart:
    """Give the section `model` of a recipe, some keys changed."""
    values: dict[str, Any] = {
        "backbone": "test_resnet", "weights": "none", "sha256": "", "drop_rate": 0.0, "head": HEADS["plain"],
        "freeze": "none", "checkpointing": False, "channels_last": False, "compile": False, "options": {},
    }  # fmt: skip
    return ModelPart.model_validate(values | changes)


def network(shown: InputPart = SHOWN, **changes: Any) -> Any:
    """Build a network without pretrained weights, the same each time."""
    torch.manual_seed(0)
    made: nn.Module = build(part(**changes), shown, pretrained=False)
    return made


def images(count: int = 4, size: int = SIZE) -> torch.Tensor:
    """Give images that are normalised as `SHOWN` says, of whole grey levels."""
    pixels = torch.randint(0, 256, (count, 3, size, size), generator=torch.Generator().manual_seed(1))
    mean, std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (SHOWN.mean, SHOWN.std))
    return (pixels / 255 - mean) / std
