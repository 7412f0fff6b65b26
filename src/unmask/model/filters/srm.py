"""Noise residuals: what three kernels of steganalysis leave of each colour.

Each kernel predicts a pixel from its neighbours and takes the difference: second order in one direction, second order
in a square of 3 x 3, and the KV kernel of 5 x 5 (Fridrich and Kodovsky, Rich Models for Steganalysis of Digital Images,
TIFS 2012). Of the thirty of that paper these three serve image forensics since Zhou et al. (Learning Rich Features for
Image Manipulation Detection, CVPR 2018); Luo et al. (CVPR 2021) took them to faces. A swapped region carries another
camera's noise, or none. Residuals are cut off at three grey levels, so that edges do not outweigh noise. Each colour
keeps residuals of its own: their sum would hide where colours disagree.
"""

import torch
from torch import nn
from torch.nn.functional import conv2d, pad

ALIGNED = True

LIMIT = 3.0
KERNELS = (
    (((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 1, -2, 1, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0)), 2),
    (((0, 0, 0, 0, 0), (0, -1, 2, -1, 0), (0, 2, -4, 2, 0), (0, -1, 2, -1, 0), (0, 0, 0, 0, 0)), 4),
    (((-1, 2, -2, 2, -1), (2, -6, 8, -6, 2), (-2, 8, -12, 8, -2), (2, -6, 8, -6, 2), (-1, 2, -2, 2, -1)), 12),
)


class Filter(nn.Module):
    """Three residuals of each colour: the first three channels are those of red."""

    kernels: torch.Tensor
    channels = 9

    def __init__(self) -> None:
        """Set the kernels up."""
        super().__init__()
        kernels = torch.stack([torch.tensor(kernel, dtype=torch.float32) / whole for kernel, whole in KERNELS])
        self.register_buffer("kernels", kernels[:, None].repeat(3, 1, 1, 1), persistent=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Filter.

        Args:
            pixels: Shape (n, 3, height, width), 0 to 255.

        Returns:
            Shape (n, 9, height, width), in grey levels from -3 to 3; borders are mirrored.
        """
        around = pad(pixels, (2, 2, 2, 2), mode="reflect")
        return conv2d(around, self.kernels, groups=3).clamp(-LIMIT, LIMIT)
