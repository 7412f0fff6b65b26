"""So many crops of each video, drawn anew every epoch, in any order."""

from typing import Literal

from unmask.train.drawing import Epoch, Ints, PerVideo, Rows, Sampling, some_of_each


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
