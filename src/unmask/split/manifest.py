"""Join crops with what is known of their videos: the rows of the manifests.

A corpus may have ten million crops. So the tables of crops are read piece by piece, and all manifests are written in
one pass: keys begin with the name of their corpus, hence rows are in order if corpora are visited in order.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unmask.crop.tables import CROPS
from unmask.errors import DataError
from unmask.split.tables import MANIFEST
from unmask.split.ties import Ints

# What a manifest takes from the crops; the rest is known of the video.
OF_CROP = ["frame", "face", "status", "track", "landmarks", "shard", "offset", "size", "sha256"]
SCHEMA = pa.schema([MANIFEST.schema.field(name) for name in OF_CROP])
# What stands in the row of a video without any crop.
BLANK = {"frame": -1, "face": -1, "track": -1, "landmarks": None, "shard": "", "offset": 0, "size": 0, "sha256": ""}


@dataclass(frozen=True)
class Piece:
    """Some crops: the position of each one's video among the videos, ascending, and the columns `OF_CROP`."""

    row: Ints
    crops: pa.Table


def faces(videos: pd.DataFrame, crops: Path) -> pd.DataFrame:
    """Count each video's crops.

    Args:
        videos: Columns `video` and `corpus`, sorted by `video`, and `lender` where reals were borrowed: the key of the
            video of another corpus whose crops they have.
        crops: Holds `<corpus>/crops.parquet`.

    Returns:
        Columns `crops` and `status` (why there is no crop; `ok` if there is one), indexed like `videos`.

    Raises:
        DataError: The crops of a corpus are not those of its videos.
    """
    count = np.zeros(len(videos), dtype=np.int64)
    status = np.full(len(videos), None, dtype=object)
    for folder, rows, own in _by_folder(videos, crops):
        keys = _keys(videos, rows, own=own)
        for piece in CROPS.pieces(folder, ["video", "status"]):
            found = pc.index_in(piece["video"], value_set=keys)
            if own and found.null_count:
                odd = piece["video"].filter(pc.is_null(found))[0].as_py()
                raise DataError(
                    f"{folder} has crops of {odd}, which is no video of the corpus; run the steps up to `crop` again."
                )
            known = found.is_valid().to_numpy()
            row = rows[found.drop_null().to_numpy()]
            count += np.bincount(row[pc.equal(piece["status"], "ok").to_numpy()[known]], minlength=len(videos))
            first = np.flatnonzero(np.diff(row, prepend=-1))
            status[row[first]] = piece["status"].filter(pa.array(known)).take(pa.array(first)).to_pylist()
        if lost := [keys[n].as_py() for n in np.flatnonzero(pd.isna(status[rows]))[:1]]:
            raise DataError(f"{folder} has no row for the video {lost[0]}; run the steps up to `crop` again.")
    return pd.DataFrame({"crops": count, "status": np.where(count > 0, "ok", status)}, index=videos.index)


def write(videos: pd.DataFrame, crops: Path, paths: Mapping[str, Path]) -> None:
    """Write the manifests of all splits.

    Args:
        videos: Videos of all splits, sorted by `video`, with the columns of the table `videos`, `place` (the name of
            the split), `weight`, and `crops` and `status` as `faces` gives them; `lender` as there. A video without any
            crop gets a row that says so.
        crops: Holds `<corpus>/crops.parquet`.
        paths: File of each split; what has another `place` is left out.
    """
    with ExitStack() as stack:
        writers = {name: stack.enter_context(MANIFEST.writer(path)) for name, path in paths.items()}
        # In the order of keys: `a-b/x` comes before `a/x`.
        for name in sorted(set(videos["corpus"]), key=lambda name: f"{name}/"):
            part = videos[(videos["corpus"] == name).to_numpy()]
            known = {column: _array(column, part[column]) for column in MANIFEST.schema.names if column not in OF_CROP}
            place = part["place"].to_numpy(dtype=object)
            for piece in _in_order(part, crops):
                where = place[piece.row]
                for split, writer in writers.items():
                    chosen = pa.array(where == split)
                    writer.write(_join(piece.crops.filter(chosen), pa.array(piece.row).filter(chosen), known))


def _by_folder(videos: pd.DataFrame, crops: Path) -> Iterator[tuple[Path, Ints, bool]]:
    """Group videos by the table that has their crops.

    Yields:
        Folder of the table, positions of the videos in the order of their keys there, whether they are its own.
    """
    lender = _lender(videos)
    for own in (True, False):
        rows = np.flatnonzero((lender == "") == own)
        home = videos["corpus"].to_numpy(dtype=object) if own else np.array([key.split("/")[0] for key in lender])
        for name in sorted(set(home[rows])):
            yield crops / name, rows[home[rows] == name], own


def _lender(videos: pd.DataFrame) -> np.ndarray:
    """Give the key of the video whose crops each borrowed video has; the empty string for all others."""
    if "lender" not in videos:
        return np.full(len(videos), "", dtype=object)
    return videos["lender"].astype(object).where(videos["lender"].notna(), "").to_numpy(dtype=object)


def _keys(videos: pd.DataFrame, rows: Ints, *, own: bool) -> pa.Array:
    return pa.array((videos["video"].to_numpy(dtype=object) if own else _lender(videos))[rows], type=pa.string())


def _in_order(videos: pd.DataFrame, crops: Path) -> Iterator[Piece]:
    """Read the crops of one corpus' videos, borrowed ones and rows of those without a crop included."""
    own: Iterable[Piece] = ()
    extra = [_blanks(videos)]
    for folder, rows, is_own in _by_folder(videos, crops):
        pieces = _read(folder, rows, _keys(videos, rows, own=is_own))
        if is_own:
            own = pieces
        else:
            extra += pieces
    return _merge(own, _sorted(extra))


def _read(folder: Path, rows: Ints, keys: pa.Array) -> Iterator[Piece]:
    for piece in CROPS.pieces(folder, ["video", *OF_CROP]):
        found = pc.index_in(piece["video"], value_set=keys)
        wanted = pc.and_(pc.is_valid(found), pc.equal(piece["status"], "ok"))
        crops = piece.select(OF_CROP).filter(wanted)
        shard = pc.binary_join_element_wise(folder.name, crops["shard"], "/")
        columns = [shard if name == "shard" else crops[name] for name in OF_CROP]
        yield Piece(rows[found.filter(wanted).to_numpy()], pa.table(columns, schema=SCHEMA))


def _blanks(videos: pd.DataFrame) -> Piece:
    row = np.flatnonzero(videos["crops"] == 0)
    values: dict[str, Any] = {name: np.full(len(row), value) for name, value in BLANK.items()}
    values["status"] = videos["status"].iloc[row]
    return Piece(row, pa.table([_array(name, values[name]) for name in OF_CROP], schema=SCHEMA))


def _sorted(pieces: Iterable[Piece]) -> Piece:
    """Put pieces together; the crops of each video stay in their order."""
    listed = list(pieces)
    row = np.concatenate([piece.row for piece in listed])
    crops = pa.concat_tables([piece.crops for piece in listed])
    order = np.argsort(row, kind="stable")
    return Piece(row[order], crops.take(pa.array(order)))


def _merge(pieces: Iterable[Piece], extra: Piece) -> Iterator[Piece]:
    """Put crops of further videos where they belong among pieces that come in order."""
    done = 0
    for piece in pieces:
        if not len(piece.row):
            continue
        end = int(np.searchsorted(extra.row, piece.row[-1]))
        more = Piece(extra.row[done:end], extra.crops.slice(done, end - done))
        done = end
        yield _sorted([piece, more]) if len(more.row) else piece
    yield Piece(extra.row[done:], extra.crops.slice(done))


def _join(crops: pa.Table, row: pa.Array, known: Mapping[str, pa.Array]) -> pa.Table:
    columns = [known[name].take(row) if name in known else crops[name] for name in MANIFEST.schema.names]
    return pa.table(columns, schema=MANIFEST.schema)


def _array(name: str, values: object) -> pa.Array:
    return pa.Array.from_pandas(values, type=MANIFEST.schema.field(name).type)
