"""Apply a recipe's augmentations to one crop; the draw depends on seed, epoch and crop alone."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import numpy as np
import torch

from unmask.hashing import stable_hash
from unmask.params import Section
from unmask.train import augment

Apply = Callable[[torch.Tensor, Any, np.random.Generator], torch.Tensor]


class Policy:
    """The operations of a recipe, in order, each with its probability."""

    def __init__(self, settings: Mapping[str, Section], seed: int) -> None:
        """Import the operations that are chosen."""
        self._steps: list[tuple[Apply, Any]] = [
            (import_module(f"{augment.__name__}.{name}").apply, given) for name, given in settings.items()
        ]
        self._seed = seed

    def __call__(self, image: torch.Tensor, key: str, epoch: int) -> torch.Tensor:
        """Change one crop.

        Args:
            image: A crop (3, height, width), uint8.
            key: Names the crop.
            epoch: The same crop changes differently in every epoch.

        Returns:
            An image of the same shape and type.
        """
        rng = np.random.default_rng([self._seed, epoch, stable_hash(key)])
        for apply, settings in self._steps:
            if rng.random() < settings.p:
                image = apply(image, settings, rng)
        return image
