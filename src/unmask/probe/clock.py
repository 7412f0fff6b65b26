"""Where in time a face is, as numbers that a network can read: sines and cosines of real seconds, not of positions."""

import math

import torch


def encode(seconds: torch.Tensor, width: int, shortest: float, longest: float) -> torch.Tensor:
    """Encode times by sines and cosines whose periods grow geometrically.

    That is the positional encoding of Vaswani et al. 2017 ("Attention is all you need", section 3.5) with real time
    instead of the number of a position, as Horn et al. 2020 ("Set functions for time series") take it: frames that
    are missing, or a video of another frame rate, leave the codes of all others as they are. Here the shortest
    period is chosen too, because the spacing of sampled frames is known and that of word positions is 1.

    Args:
        seconds: Any shape, float64: in single precision a long video's phase would be lost.
        width: Length of a code; even.
        shortest: Shortest period in seconds; below twice the spacing of frames it only adds noise.
        longest: Longest period in seconds; times that differ by more are no longer told apart for sure.

    Returns:
        The same shape and `width` more, float32, -1 to 1: all sines, then all cosines.

    Example:
        >>> encode(torch.tensor([0.0, 1.0], dtype=torch.float64), 2, 4.0, 4.0).round(decimals=4).tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    periods = torch.logspace(math.log10(shortest), math.log10(longest), width // 2, dtype=torch.float64)
    phase = 2 * math.pi * seconds[..., None] / periods
    return torch.cat([phase.sin(), phase.cos()], dim=-1).float()
