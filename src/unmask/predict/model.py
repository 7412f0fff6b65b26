"""A trained network, ready to be asked; prediction and serving use it alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch

from unmask.model.build import build
from unmask.model.weights import load_weights
from unmask.train.recipe import Recipe, load
from unmask.train.scoring import score


@dataclass(frozen=True)
class Detector:
    """A network in evaluation mode and the recipe it was trained by."""

    net: torch.nn.Module
    recipe: Recipe
    device: torch.device

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Load what `train` wrote: model.safetensors and recipe.yaml.

        Args:
            folder: The training's folder.

        Returns:
            The detector, on the GPU where there is one.

        Raises:
            DataError: The weights are missing or do not fit the recipe.
            ParamsError: The recipe is missing or wrong.
        """
        recipe = load(folder / "recipe.yaml")
        net = build(recipe.model, recipe.input, pretrained=False)
        load_weights(net, folder / "model.safetensors")
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        return cls(net.to(device).eval(), recipe, device)

    def score(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Score aligned faces.

        Args:
            crops: Shape (n, height, width, 3), RGB, uint8, made as the crops of training were.

        Returns:
            Logits of shape (n), above 0 rather fake; embeddings of shape (n, features). Both float32.
        """
        pixels = torch.from_numpy(crops).permute(0, 3, 1, 2).to(self.device)
        logits, embeddings = score(self.net, pixels, self.recipe.input, self.recipe.predict.batch)
        return logits.cpu().numpy(), embeddings.cpu().numpy()

    def logits(self, crops: np.ndarray) -> np.ndarray:
        """Give the logits alone; see `score`."""
        return self.score(crops)[0]
