"""Embedded faces as arrays: all of a split to learn from, or video after video to be scored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from unmask.errors import DataError
from unmask.hashing import stable_hash
from unmask.predict.step import Key
from unmask.probe.tables import EMBEDDED


@dataclass(frozen=True)
class Faces:
    """Faces of some videos, sorted by video, frame and face.

    Attributes:
        videos: Video key of every face.
        frames: Number of its frame.
        numbers: Number of the face in its frame.
        labels: 0 real, 1 fake.
        weights: Weight in training.
        tracks: Track in its video.
        seconds: Time stamp of its frame.
        logits: Log-odds of fake by the network's own head; NaN where that is not trained.
        values: Embeddings, shape (faces, features), float16.
    """

    videos: NDArray[np.object_]
    frames: NDArray[np.int32]
    numbers: NDArray[np.int16]
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]
    tracks: NDArray[np.int16]
    seconds: NDArray[np.float64]
    logits: NDArray[np.float64]
    values: NDArray[np.float16]

    @classmethod
    def of(cls, table: pa.Table) -> Self:
        """Take rows of EMBEDDED.

        Raises:
            DataError: An embedding is not finite.
        """
        columns = {name: table[name].to_numpy() for name in ("video", "frame", "face", "track", "seconds")}
        flat = table["embedding"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        values = flat.reshape(len(table), -1) if len(table) else flat.reshape(0, 0)
        if not (finite := np.isfinite(values).all(axis=1)).all():
            raise DataError(
                f"{int((~finite).sum())} embeddings are infinite or no numbers in half precision, such as that of "
                f"{columns['video'][~finite][0]}; the network diverged, or its features exceed 65504."
            )
        return cls(
            videos=columns["video"],
            frames=columns["frame"],
            numbers=columns["face"],
            labels=table["label"].to_numpy().astype(np.int64),
            weights=table["weight"].to_numpy().astype(np.float64),
            tracks=columns["track"],
            seconds=columns["seconds"],
            logits=table["logit"].to_numpy().astype(np.float64),
            values=values,
        )

    def __len__(self) -> int:
        """Count the faces."""
        return len(self.videos)

    @property
    def keys(self) -> list[Key]:
        """Give what names every face: video, frame and number."""
        return list(zip(self.videos.tolist(), self.frames.tolist(), self.numbers.tolist(), strict=True))

    @property
    def starts(self) -> NDArray[np.int64]:
        """Give the row at which every video begins."""
        changed: NDArray[np.bool_] = np.asarray(self.videos[1:] != self.videos[:-1], dtype=np.bool_)
        return np.flatnonzero(np.concatenate([[len(self) > 0], changed]))

    @property
    def balanced(self) -> NDArray[np.float64]:
        """Give weights of mean 1 with which both classes weigh the same in sum."""
        sums = np.bincount(self.labels, weights=self.weights, minlength=2)
        halves: NDArray[np.float64] = self.weights * (len(self) / 2 / sums)[self.labels]
        return halves

    def take(self, rows: NDArray[np.integer[Any]]) -> Self:
        """Take some of the faces."""
        return type(self)(*(getattr(self, part.name)[rows] for part in fields(self)))

    def draw(self, per_video: int | Literal["all"], seed: int) -> Self:
        """Draw so many faces of each video; the draw depends on seed and video alone."""
        if per_video == "all":
            return self
        kept = []
        for rows in np.split(np.arange(len(self)), self.starts[1:]):
            rng = np.random.default_rng([seed, stable_hash(self.videos[rows[0]])])
            kept.append(np.sort(rng.permutation(rows)[:per_video]))
        return self.take(np.concatenate(kept))


def read(folder: Path, split: str, *, both: bool = True) -> Faces:
    """Read all faces of one split; rows of other splits are not kept.

    Args:
        folder: With a table EMBEDDED for each corpus.
        split: `train` or `val`.
        both: Whether both classes must be there.

    Raises:
        DataError: The split has no face, or all are of one class.
    """
    tables = [_only(piece, (split,)) for path in _files(folder) for piece in EMBEDDED.pieces(path, _COLUMNS)]
    table = pa.concat_tables([EMBEDDED.schema.empty_table(), *tables])
    if len(pc.unique(table["label"])) < 1 + both:
        what = "faces of both classes" if both else "faces"
        raise DataError(f"{folder} has no {what} in the split `{split}`; check `split` in params.yaml.")
    return Faces.of(table)


def pieces(folder: Path, splits: Sequence[str]) -> Iterator[Faces]:
    """Read the faces of some splits in pieces that fit in memory.

    Yields:
        Whole videos, in order.
    """
    for path in _files(folder):
        rest = EMBEDDED.schema.empty_table()
        for piece in EMBEDDED.pieces(path, _COLUMNS):
            table = pa.concat_tables([rest, _only(piece, splits)])
            # The last video may go on in the next piece.
            last = pc.equal(table["video"], table["video"][len(table) - 1]) if len(table) else pa.array([], pa.bool_())
            rest = table.filter(last)
            if len(rest) < len(table):
                yield Faces.of(table.filter(pc.invert(last)))
        if len(rest):
            yield Faces.of(rest)


_COLUMNS = EMBEDDED.schema.names


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def _only(table: pa.Table, splits: Sequence[str]) -> pa.Table:
    return table.filter(pc.is_in(table["split"], pa.array(splits)))
