"""Pictures stacked into a batch: copied once, and in a worker process into memory that other processes see."""

import math
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import torch
from torch.utils.data import get_worker_info


def stack(count: int, shown: Iterable[Sequence[torch.Tensor]]) -> torch.Tensor:
    """Stack what crops show; each may be made when its turn has come, so that its pixels are still in a cache.

    Args:
        count: How many crops there are.
        shown: The pictures of each, as many for every crop, (3, height, width), uint8.

    Returns:
        Shape (count, pictures, 3, height, width).
    """
    stacked = torch.empty(0, dtype=torch.uint8)
    places = stacked.numpy()
    for number, pictures in enumerate(shown):
        if not number:
            stacked = _empty((count, len(pictures), *pictures[0].shape))
            places = stacked.numpy()
        for picture, place in zip(pictures, places[number], strict=True):
            # The colours of a decoded picture stand side by side; OpenCV takes them apart far faster than torch.
            if (decoded := picture.permute(1, 2, 0)).is_contiguous():
                cv2.split(decoded.numpy(), list(place))  # into the place
            else:
                np.copyto(place, picture.numpy())
    return stacked


def _empty(shape: tuple[int, ...]) -> torch.Tensor:
    if get_worker_info() is None:
        return torch.empty(shape, dtype=torch.uint8)
    # As torch's own collate has it.
    memory = torch.UntypedStorage._new_shared(math.prod(shape))  # type: ignore[no-untyped-call]
    return torch.tensor((), dtype=torch.uint8).set_(memory).view(shape)
