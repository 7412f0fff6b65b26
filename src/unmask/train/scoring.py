"""The one way from crops to logits, the same in training, validation, prediction and serving."""

from typing import Any

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from unmask.model.part import InputPart


def to_input(crops: torch.Tensor, part: InputPart) -> torch.Tensor:
    """Turn crops into the network's input.

    Args:
        crops: Shape (n, 3, height, width), RGB, uint8.
        part: Size, mean and deviation.

    Returns:
        Shape (n, 3, size, size), float32, normalised.
    """
    side = [part.size, part.size]
    if list(crops.shape[-2:]) != side:
        crops = functional.resize(crops, side, interpolation=InterpolationMode(part.interpolation), antialias=True)
    normal: torch.Tensor = functional.normalize(crops.float().div_(255), list(part.mean), list(part.std), inplace=True)
    return normal


@torch.inference_mode()
def score(
    model: torch.nn.Module, crops: torch.Tensor, part: InputPart, batch: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Score crops in full precision.

    Every pass has the same number of crops, the last one being filled up, because a network's last bits
    depend on it.

    Args:
        model: A timm network with one output, in evaluation mode.
        crops: Shape (n, 3, height, width), RGB, uint8, on the network's device.
        part: How a crop becomes input.
        batch: Number of crops of one pass.

    Returns:
        Logits of shape (n), and embeddings of shape (n, features): what the classifier sees. Both float32.
    """
    network: Any = model
    logits, embeddings = [], []
    for start in range(0, len(crops), batch):
        some = crops[start : start + batch]
        full = torch.cat([some, some.new_zeros(batch - len(some), *some.shape[1:])])
        # Not model(...): what accelerate wraps around it would lower the precision.
        features = network.forward_features(to_input(full, part))
        logits.append(network.forward_head(features)[: len(some), 0])
        embeddings.append(network.forward_head(features, pre_logits=True)[: len(some)])
    return torch.cat(logits), torch.cat(embeddings)
