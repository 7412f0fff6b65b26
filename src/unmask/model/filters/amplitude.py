"""Amplitude: how strong each frequency of the grey image is, the lowest in the middle.

Upsampling of generators leaves copies of the spectrum at high frequencies (Durall et al., Watch your Up-Convolution,
CVPR 2020; Frank et al., Leveraging Frequency Analysis for Deep Fake Image Recognition, ICML 2020). A Hann window goes
over the image first, for its borders do not fit each other and would draw a cross.
"""

import torch
from torch import nn

ALIGNED = False


class Filter(nn.Module):
    """One channel, whose places are frequencies."""

    channels = 1

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Filter.

        Args:
            pixels: Shape (n, 3, height, width), 0 to 255.

        Returns:
            Shape (n, 1, height, width): the logarithm of 1 + amplitude.
        """
        sides = [torch.hann_window(side, periodic=False, device=pixels.device) for side in pixels.shape[-2:]]
        grey = pixels.mean(dim=1, keepdim=True) * torch.outer(*sides)
        strength: torch.Tensor = torch.fft.fftshift(torch.fft.fft2(grey, norm="ortho").abs(), dim=(-2, -1))
        return strength.log1p()
