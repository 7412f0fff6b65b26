"""What the crops of each video look like: mean score, size, pose and sharpness, and the hashes of a few of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unmask.crop.tables import CROPS
from unmask.errors import DataError
from unmask.split.leaks import source_key
from unmask.split.ties import Ints

MEASURED = ["score", "eye_distance", "face_size", "roll", "yaw", "sharpness"]
# Crops of a video that are hashed: so many, spread evenly, and fewer if all videos together had more than MOST.
EACH, LEAST, MOST = 8, 2, 1_000_000


@dataclass(frozen=True)
class Looks:
    """What the crops look like.

    Attributes:
        means: For each video, indexed like the videos: the mean of each measure over its crops; NaN without a crop.
        owner: For each hash, the position of its video.
        hashes: Hashes x bytes, sorted by video.
    """

    means: pd.DataFrame
    owner: Ints
    hashes: np.ndarray


def look(videos: pd.DataFrame, crops: Path) -> Looks:
    """Read the crops of some videos.

    Args:
        videos: Columns `video` and `lender`.
        crops: Holds `<corpus>/crops.parquet`.

    Raises:
        DataError: Hashes are of different lengths.
    """
    key = source_key(videos)
    lender = key.str.partition("/")[0]
    each = int(np.clip(MOST // max(len(videos), 1), LEAST, EACH))
    means = pd.DataFrame(np.nan, index=videos.index, columns=MEASURED)
    owners, hashes = [np.empty(0, np.int64)], []
    for corpus in sorted(set(lender)):
        rows = np.flatnonzero(lender == corpus)
        # A real that was borrowed is there twice: as its own corpus' and as the borrower's.
        number, keys = pd.factorize(key.iloc[rows], sort=True)
        sums, count = _sums(crops / corpus, keys)
        means.iloc[rows] = (sums / np.where(count, count, np.nan)[:, None])[number]
        owner, bits = _hashes(crops / corpus, keys, count, each)
        first = np.searchsorted(owner, number)
        taken = np.minimum(count, each)[number]
        hashes.append(bits[_ranges(first, taken)])
        owners.append(np.repeat(rows, taken))
    if len({bits.shape[1] for bits in hashes if len(bits)}) > 1:
        raise DataError(f"{crops}: corpora have perceptual hashes of different lengths; run `dvc repro crop` for all.")
    owner = np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    found = [bits for bits in hashes if len(bits)] or [np.empty((0, 1), np.uint8)]
    return Looks(means, owner[order], np.concatenate(found)[order])


def _ranges(first: Ints, length: Ints) -> Ints:
    """List the numbers of several ranges one after another.

    Example:
        >>> _ranges(np.array([5, 0]), np.array([2, 3]))
        array([5, 6, 0, 1, 2])
    """
    ends = np.cumsum(length)
    ranges: Ints = np.arange(ends[-1] if len(ends) else 0) + np.repeat(first - ends + length, length)
    return ranges


def _sums(folder: Path, keys: pd.Index) -> tuple[np.ndarray, Ints]:
    sums, count = np.zeros((len(keys), len(MEASURED))), np.zeros(len(keys), dtype=np.int64)
    wanted = _values(keys)
    for piece in CROPS.pieces(folder, ["video", "face", *MEASURED]):
        inside, row = _rows(piece, wanted)
        count += np.bincount(row, minlength=len(keys))
        for number, name in enumerate(MEASURED):
            values = piece[name].to_numpy()[inside].astype(np.float64)
            sums[:, number] += np.bincount(row, values, minlength=len(keys))
    return sums, count


def _hashes(folder: Path, keys: pd.Index, count: Ints, each: int) -> tuple[Ints, np.ndarray]:
    """Take `each` crops of every video, the middle ones of as many equal stretches."""
    owners, parts = [np.empty(0, np.int64)], []
    seen = np.zeros(len(keys), dtype=np.int64)
    wanted = _values(keys)
    for piece in CROPS.pieces(folder, ["video", "face", "phash"]):
        inside, row = _rows(piece, wanted)
        # Rows are sorted by video: the rank of a crop is its distance from the first of its video.
        _, first, number = np.unique(row, return_index=True, return_inverse=True)
        rank = seen[row] + np.arange(len(row)) - first[number]
        seen += np.bincount(row, minlength=len(keys))
        kept = _turn(rank + 1, count[row], each) > _turn(rank, count[row], each)
        owners.append(row[kept])
        parts.append(piece["phash"].filter(pa.array(inside)).filter(pa.array(kept)))
    return np.concatenate(owners), _bits(folder, parts)


def _turn(rank: Ints, count: Ints, each: int) -> Ints:
    """Count how many of the chosen crops come before a rank.

    Example:
        >>> _turn(np.arange(7), np.full(7, 6), 2)  # ranks 1 and 4 of 6 are chosen
        array([0, 0, 1, 1, 1, 2, 2])
    """
    taken = np.minimum(count, each)
    turn: Ints = -(-2 * taken * rank // np.maximum(count, 1)) // 2
    return turn


def _rows(piece: pa.Table, wanted: pa.Array) -> tuple[np.ndarray, Ints]:
    """Find the crops of the wanted videos in a piece, and the number of each one's video."""
    row = pc.index_in(piece["video"], value_set=wanted)
    inside = pc.and_(pc.is_valid(row), pc.greater_equal(piece["face"], 0)).to_numpy()
    return inside, row.to_numpy()[inside].astype(np.int64)


def _values(keys: pd.Index) -> pa.Array:
    return pa.array(keys.to_numpy(dtype=object), type=pa.string())


def _bits(folder: Path, parts: list[pa.ChunkedArray]) -> np.ndarray:
    values = [value for part in parts for value in part.chunks if len(value)]
    if not values:
        return np.empty((0, 1), np.uint8)
    lengths = pc.unique(pc.binary_length(pa.chunked_array(values))).to_pylist()
    if len(lengths) != 1 or lengths[0] == 0:
        raise DataError(f"{folder} has perceptual hashes of different lengths; run its step `crop` again.")
    return np.frombuffer(b"".join(b"".join(value.to_pylist()) for value in values), np.uint8).reshape(-1, lengths[0])
