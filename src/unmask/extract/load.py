"""Load: sampled frames as RGB pictures, for the steps that look at them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unmask.errors import DataError, VideoError
from unmask.extract.clips import read_clip
from unmask.extract.raw import Raw
from unmask.hashing import bytes_sha256
from unmask.pixels import upright
from unmask.presence import lost
from unmask.shards import Place, read_at

Image = np.ndarray[Any, np.dtype[np.uint8]]
Row = Mapping[str, Any]


class Clip:
    """The sampled frames of one video, read once."""

    def __init__(self, shards: Path, rows: Sequence[Row], raw: Raw | None = None) -> None:
        """Read the clip, or make it again.

        Args:
            shards: Folder with the shards of clips.
            rows: All rows of one video in `frames.parquet`, with status `ok`.
            raw: For a corpus of which no clips are kept.

        Raises:
            DataError: A shard or a raw file is missing, or holds other frames than the table names.
        """
        if rows[0]["path"]:
            assert raw is not None, "no clip is kept"
            self._name = raw.root / rows[0]["path"]
            self._data = _again(raw, rows)
        else:
            self._name = shards / rows[0]["shard"]
            self._data = _stored(shards, rows[0])

    def images(self, rows: Sequence[Row]) -> list[Image]:
        """Give some of the frames.

        Args:
            rows: Some of the rows; other frames are not decoded.

        Returns:
            For each row, in order, its frame in RGB, upright: uint8 [height, width, 3].

        Raises:
            DataError: The clip was written by another version.
        """
        positions = sorted({row["position"] for row in rows})
        try:
            frames = dict(zip(positions, read_clip(self._data, positions), strict=True))
        except (ValueError, KeyError):
            raise DataError(f"{self._name} cannot be read; run extract again.") from None
        return [upright(frames[row["position"]], row["rotation"]) for row in rows]


def load_frames(shards: Path, rows: Sequence[Row], raw: Raw | None = None) -> list[Image]:
    """Load all sampled frames of one video; see `Clip`."""
    return Clip(shards, rows, raw).images(rows)


def _stored(shards: Path, row: Row) -> bytes:
    place = Place(row["shard"], row["offset"], row["size"])
    data = read_at(shards, place)
    if bytes_sha256(data) != row["sha256"]:
        raise DataError(
            f"{shards / place.shard} does not belong to its table (byte {place.offset}); "
            "fetch both again with `dvc checkout`."
        )
    return data


def _again(raw: Raw, rows: Sequence[Row]) -> bytes:
    """Decode a raw file's sampled frames again; the hash of their clip tells that they are the same."""
    row = rows[0]
    path = raw.root / row["path"]
    args = {"path": str(path), "kind": row["kind"], "reader": row["reader"], "numbers": [row["frame"] for row in rows]}
    args["sha256"] = row["sha256"]
    why = "they are other frames"
    try:
        # By name: its code and that of the readers can change no byte here, for the hash would tell.
        _, blobs = raw.limits.call("unmask.extract.again:again", args)
        if bytes_sha256(blobs["clip"]) == row["sha256"]:
            return bytes(blobs["clip"])
    except VideoError as error:
        why = str(error)
    said = f"{path} does not give the {len(rows)} frames again that were sampled from it"
    if gone := lost(path):
        raise DataError(f"{said}, for it {gone}; with another `extract.store` it is not needed here.")
    raise DataError(
        f"{said}: {why}. If it is not as it was, bring it back or run extract again; with another `extract.store` "
        "nothing is decoded again."
    )
