"""Phase: the grey image with every frequency at the same strength.

What upsampling repeats shows in the phase more than in the strength of frequencies, and the phase tells where (Liu et
al., Spatial-Phase Shallow Learning, CVPR 2021). As there, the phase is brought back to pixels, to stand beside them.
"""

import torch
from torch import nn

ALIGNED = True


class Filter(nn.Module):
    """One channel."""

    channels = 1

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Filter.

        Args:
            pixels: Shape (n, 3, height, width), 0 to 255.

        Returns:
            Shape (n, 1, height, width), of variance 1.
        """
        angle = torch.fft.fft2(pixels.mean(dim=1, keepdim=True)).angle()
        alike: torch.Tensor = torch.fft.ifft2(torch.polar(torch.ones_like(angle), angle), norm="ortho").real
        return alike
