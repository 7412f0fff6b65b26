"""Join crops with what is known of their videos: the rows of the manifests."""

from collections.abc import Mapping
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

OF_CROP = ["video", "frame", "face", "status", "track", "shard", "offset", "size", "sha256"]
# What stands in the row of a video without any crop.
BLANK = {"frame": -1, "face": -1, "track": -1, "shard": "", "offset": 0, "size": 0, "sha256": ""}


def faces(videos: pd.DataFrame, crops: Path) -> pd.DataFrame:
    """Count each video's crops.

    Args:
        videos: Columns `video` and `corpus`, sorted by `video`.
        crops: Holds `<corpus>/crops.parquet`.

    Returns:
        Columns `crops` and `status` (why there is no crop; `ok` if there is one), indexed like `videos`.

    Raises:
        DataError: The crops of a corpus are not those of its videos.
    """
    parts = []
    for name, part in videos.groupby("corpus", sort=True):
        table = CROPS.read(crops / str(name), ["video", "status"])
        row = _rows(table, part, crops / str(name))
        usable = pc.equal(table["status"], "ok").to_numpy()
        count = np.bincount(row[usable], minlength=len(part))
        found, first = np.unique(row, return_index=True)
        if len(found) < len(part):
            lost = part["video"].iloc[np.setdiff1d(np.arange(len(part)), found)[0]]
            raise DataError(f"{crops / str(name)} has no row for the video {lost}; run the steps up to `crop` again.")
        why = table["status"].take(pa.array(first)).to_pandas().to_numpy()
        parts.append(pd.DataFrame({"crops": count, "status": np.where(count > 0, "ok", why)}, index=part.index))
    return pd.concat(parts).sort_index()


def build(videos: pd.DataFrame, crops: Path, *, count_missing: bool) -> pa.Table:
    """Make the rows of one manifest.

    Args:
        videos: Videos of the split, sorted by `video`, with the columns of the table `videos`, `weight`, and `crops`
            and `status` as `faces` gives them.
        crops: Holds `<corpus>/crops.parquet`.
        count_missing: Whether a video without any crop gets a row.

    Returns:
        A table as `MANIFEST` wants it.
    """
    known = {
        "corpus": videos["corpus"],
        "label": videos["label"],
        "method": videos["method"],
        "cluster": videos["corpus"].astype(str) + "/" + videos["cluster"].astype(str),
        "pair": videos["pair"],
        "weight": videos["weight"],
    }
    fixed = {name: _array(name, values) for name, values in known.items()}
    parts = [MANIFEST.schema.empty_table()]
    for name in sorted(set(videos["corpus"])):
        table = CROPS.read(crops / name, OF_CROP)
        row = pc.index_in(table["video"], value_set=_array("video", videos["video"]))
        chosen = pc.and_(pc.equal(table["status"], "ok"), pc.is_valid(row))
        parts.append(_join(table.filter(chosen), row.filter(chosen), fixed))
    if count_missing:
        missing = np.flatnonzero(videos["crops"] == 0)
        blank: dict[str, Any] = {name: np.full(len(missing), value) for name, value in BLANK.items()}
        blank |= {name: videos[name].iloc[missing] for name in ("video", "status")}
        table = pa.table({name: _array(name, values) for name, values in blank.items()})
        parts.append(_join(table, pa.array(missing), fixed))
    return pa.concat_tables(parts)


def _join(crops: pa.Table, row: pa.Array, fixed: Mapping[str, pa.Array]) -> pa.Table:
    columns = [fixed[name].take(row) if name in fixed else crops[name] for name in MANIFEST.schema.names]
    return pa.table(columns, schema=MANIFEST.schema)


def _array(name: str, values: object) -> pa.Array:
    return pa.Array.from_pandas(values, type=MANIFEST.schema.field(name).type)


def _rows(table: pa.Table, videos: pd.DataFrame, folder: Path) -> Ints:
    """Find the position in `videos` of each crop's video."""
    row = pc.index_in(table["video"], value_set=_array("video", videos["video"]))
    if row.null_count:
        odd = table["video"].filter(pc.is_null(row))[0].as_py()
        raise DataError(
            f"{folder} has crops of {odd}, which is no video of the corpus; run the steps up to `crop` again."
        )
    rows: Ints = row.to_numpy().astype(np.int64)
    return rows
