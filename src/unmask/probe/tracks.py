"""Sequences: the faces of one track in order of time, and batches of tracks of different lengths."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from unmask.errors import DataError
from unmask.predict.step import Row
from unmask.probe.faces import Faces
from unmask.train.drawing import Epoch

# Rows of the faces of one track, in order of time.
Track = NDArray[np.int64]
# Most faces of a track that an epoch learns from.
Length = Literal["all"] | Annotated[int, Field(ge=2)]


@dataclass(frozen=True)
class Batch:
    """Tracks, filled up with zeros to the length of the longest.

    Attributes:
        values: Embeddings, shape (tracks, longest, features), float32.
        seconds: Time since the first face that is here of the track, shape (tracks, longest), float64.
        lengths: Number of faces of every track, shape (tracks), int64.
    """

    values: torch.Tensor
    seconds: torch.Tensor
    lengths: torch.Tensor

    @property
    def padded(self) -> torch.Tensor:
        """Tell which places are filled up, shape (tracks, longest), bool."""
        return torch.arange(self.values.shape[1])[None] >= self.lengths[:, None]


def tracks_of(faces: Faces) -> list[Track]:
    """Give every track of every video; frames with the same time stamp, as pictures have, go by their number."""
    video = np.repeat(np.arange(len(faces.starts)), np.diff([*faces.starts, len(faces)]))
    order = np.lexsort((faces.numbers, faces.frames, faces.seconds, faces.tracks, video))
    changes = (np.diff(video[order]) != 0) | (np.diff(faces.tracks[order]) != 0)
    return np.split(order, np.flatnonzero(changes) + 1) if len(faces) else []


def windows(faces: Faces, tracks: Sequence[Track], length: Length, epoch: Epoch) -> list[Track]:
    """Draw what an epoch sees of every track: faces that follow each other.

    Args:
        faces: Whose tracks they are.
        tracks: Each in order of time.
        length: How many faces at most, or `all`.
        epoch: A longer track begins elsewhere in every epoch; what is drawn of it depends on nothing beside it.

    Returns:
        The tracks in their order; those that are no longer than `length` are whole.
    """
    if length == "all":
        return list(tracks)
    found = []
    for track in tracks:
        key = f"{faces.videos[track[0]]}/{faces.tracks[track[0]]}"
        start = epoch.rng(key).integers(max(len(track) - length, 0), endpoint=True)
        found.append(track[start : start + length])
    return found


def collate(faces: Faces, tracks: Sequence[Track]) -> Batch:
    """Make a batch of some tracks."""
    lengths = torch.tensor([len(track) for track in tracks])
    shape = len(tracks), int(lengths.max())
    values = torch.zeros(*shape, faces.values.shape[1])
    seconds = torch.zeros(*shape, dtype=torch.float64)
    for place, track in enumerate(tracks):
        values[place, : len(track)] = torch.from_numpy(faces.values[track].astype(np.float32))
        times = faces.seconds[track]
        seconds[place, : len(track)] = torch.from_numpy(times - times[0])
    return Batch(values, seconds, lengths)


def check_sequences(rows: Iterable[Row], heads: Sequence[str]) -> None:
    """Refuse heads that judge sequences where there are none.

    Args:
        rows: Rows of the training manifest that have a crop.
        heads: Names of those heads.

    Raises:
        DataError: No track has more than one face.
    """
    seen: set[tuple[str, int]] = set()
    for row in rows:
        if (track := (row["video"], row["track"])) in seen:
            return
        seen.add(track)
    named = ", ".join(f"`{name}`" for name in heads)
    raise DataError(
        f"`probes.heads`: {named} judge sequences, but no track of the training split has more than one face; "
        "have `extract` sample more frames of each video, or take these heads out of the recipe."
    )
