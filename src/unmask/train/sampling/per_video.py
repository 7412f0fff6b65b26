"""So many crops of each video, drawn anew every epoch, in any order."""

from typing import Literal

import numpy as np

from unmask.train.drawing import Epoch, Floats, Ints, PerVideo, Rows, Sampling, some_of_each


class Settings(Sampling):
    """How many.

    Attributes:
        crops: Crops of each video that an epoch sees, or `all`.
    """

    name: Literal["per_video"]
    crops: PerVideo


def order(rows: Rows, settings: Settings, epoch: Epoch) -> Ints:
    """Give the rows of an epoch."""
    chosen = some_of_each(rows.by_video, settings.crops, epoch)
    return chosen[epoch.rng().permutation(len(chosen))]


def often(rows: Rows, settings: Settings) -> Floats:
    """Give how often an epoch is expected to see each row: at most once, for a video with many crops less."""
    shares = np.ones(len(rows.video))
    if settings.crops != "all":
        for own in rows.by_video.values():
            shares[own] = min(settings.crops / len(own), 1.0)
    return shares
