"""The moving average of a network's weights, which is judged and kept in its place where the recipe says so."""

import torch
from timm.utils.model_ema import ModelEmaV3


class Average:
    """A network whose weights and statistics follow another one's (timm's ModelEmaV3)."""

    def __init__(self, model: torch.nn.Module, decay: float) -> None:
        """Copy the network.

        The decay rises to what is given, as 1 - (1 + step)^(-2/3): a short training would otherwise keep its random
        start.

        Args:
            model: The network, before anything is wrapped around it.
            decay: Share of the average that a step leaves, at most.
        """
        self._average = ModelEmaV3(model, decay=decay, use_warmup=True)

    @property
    def net(self) -> torch.nn.Module:
        """Give the averaged network, in evaluation mode."""
        net: torch.nn.Module = self._average.module
        return net

    def follow(self, model: torch.nn.Module, step: int) -> None:
        """Take a step of the network into the average.

        Args:
            model: The network.
            step: Number of the step, from 1, over all epochs.
        """
        self._average.update(model, step=step)
