"""Crops of one track that follow each other in time, for networks that judge sequences."""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from unmask.train.drawing import Epoch, Ints, Rows, Sampling

# Stands where a track has no more crops.
PADDING = -1


class Settings(Sampling):
    """How long.

    Attributes:
        length: Crops of a sequence.
    """

    name: Literal["sequence"]
    sequences: ClassVar[bool] = True
    length: Annotated[int, Field(ge=2)]


def windows(rows: Rows, settings: Settings, epoch: Epoch) -> Ints:
    """Draw one sequence of every track.

    Args:
        rows: What is known of the crops.
        settings: How long sequences are.
        epoch: A track longer than that begins elsewhere in every epoch.

    Returns:
        Shape (tracks, length), in any order of tracks: rows, ascending in time, then `PADDING`.
    """
    found = []
    for video, own in rows.by_video.items():
        for track in np.unique(rows.track[own]):
            crops = own[rows.track[own] == track]
            crops = crops[np.argsort(rows.frame[crops], kind="stable")]
            start = epoch.rng(f"{video}/{track}").integers(max(len(crops) - settings.length, 0), endpoint=True)
            window = crops[start : start + settings.length]
            found.append(np.pad(window, (0, settings.length - len(window)), constant_values=PADDING))
    return epoch.rng().permutation(np.stack(found))
