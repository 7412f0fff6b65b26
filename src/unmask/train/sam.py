"""Sharpness-aware minimisation: step by the gradient at the worst place nearby (Foret et al., ICLR 2021)."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn.modules.batchnorm import _NormBase

# Keeps a gradient of zero from being divided by zero.
TINY = 1e-12


class Sam:
    """Goes uphill from where the weights are, and comes back."""

    def __init__(self, model: torch.nn.Module, rho: float) -> None:
        """Take the network.

        Args:
            model: The network.
            rho: How far uphill, as the Euclidean norm over all weights that learn.
        """
        self._model, self._rho = model, rho

    @contextmanager
    def uphill(self) -> Iterator[None]:
        """Put the weights where the loss is highest within `rho`, to first order (equation 2 of the paper).

        It starts from the gradients that are there, and the weights come back to the bit. Meanwhile norms count
        nothing into their running statistics, for the network never stays up there.
        """
        moved = [p for p in self._model.parameters() if p.grad is not None]
        gradients = [p.grad for p in moved if p.grad is not None]
        before = [p.detach().clone() for p in moved]
        scale = self._rho / (torch.nn.utils.get_total_norm(gradients) + TINY)
        with torch.no_grad():
            for parameter, gradient in zip(moved, gradients, strict=True):
                parameter.add_(gradient * scale)
        counting = [m for m in self._model.modules() if isinstance(m, _NormBase) and m.track_running_stats]
        for norm in counting:
            norm.track_running_stats = False
        try:
            yield
        finally:
            for norm in counting:
                norm.track_running_stats = True
            with torch.no_grad():
                for parameter, kept in zip(moved, before, strict=True):
                    parameter.copy_(kept)
