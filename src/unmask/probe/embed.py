"""Embed every crop of all splits by one frozen network; what `predict` has computed is not computed again."""

import shutil
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from unmask import work
from unmask.errors import DataError
from unmask.extract.tables import FRAMES
from unmask.predict.step import Key, Row, forward, key_of
from unmask.probe.tables import EMBEDDED

# Videos whose rows are put together before they are written.
VIDEOS = 256

Times = dict[tuple[str, int], float]


def embed(model: Path, rows: Sequence[Row], crops: Path, frames: Path, out: Path, *, trained: bool) -> None:
    """Write the embeddings of crops, a table for each corpus.

    Crops are embedded video by video and written as they come, so memory holds one row group of the table, whatever
    the size of the corpus.

    Args:
        model: Folder of the network.
        rows: Rows of manifests, each with its `split`; those without a crop are left out.
        crops: Folder with a folder of crop shards for each corpus.
        frames: Folder with `<corpus>/frames.parquet`, which says when frames are.
        out: Gets `<corpus>.parquet`, and keeps nothing else.
        trained: Whether the network's own head means anything.

    Raises:
        DataError: The model is missing, a crop is not the one that the manifest names, or a frame has no time.
    """
    # A corpus that an earlier run embedded must not be read along with those of this one.
    shutil.rmtree(out, ignore_errors=True)
    found = [row for row in rows if row["status"] == "ok"]
    for corpus in sorted({row["corpus"] for row in found}):
        given = {key_of(row): row for row in found if row["corpus"] == corpus}
        times = _times(frames, given.values())
        results = forward(model, crops, list(given.values()))
        with EMBEDDED.writer(out / f"{corpus}.parquet") as writer:
            while some := list(islice(results, VIDEOS)):
                writer.write(_table(some, given, times, trained=trained))


def _times(frames: Path, rows: Iterable[Row]) -> Times:
    """Read when the frames of some videos are, in seconds."""
    videos: dict[str, set[str]] = {}
    for row in rows:
        home, video = _home(row)
        videos.setdefault(home, set()).add(video)
    times: Times = {}
    for home, wanted in sorted(videos.items()):
        for piece in FRAMES.pieces(frames / home, ["video", "frame", "seconds"]):
            some = piece.filter(pc.is_in(piece["video"], pa.array(sorted(wanted))))
            times.update({(r["video"], r["frame"]): r["seconds"] for r in some.to_pylist()})
    return times


def _home(row: Row) -> tuple[str, str]:
    """Give the corpus that a crop's video was extracted in, and its key there: both differ where it is borrowed."""
    home = row["shard"].partition("/")[0]
    return home, row["video"] if home == row["corpus"] else row["video"].removeprefix(f"{row['corpus']}/@")


def _table(results: Sequence[work.Result], given: dict[Key, Row], times: Times, *, trained: bool) -> pa.Table:
    """Make rows of EMBEDDED without a Python object for every number."""
    keys = [key_of(row) for result in results for row in result.rows]
    logits = [row["logit"] if trained else None for result in results for row in result.rows]
    values = np.frombuffer(b"".join(result.blobs["embeddings"] for result in results), np.float16)
    ends = np.arange(len(keys) + 1, dtype=np.int32) * (len(values) // max(1, len(keys)))
    columns: dict[str, Any] = {name: [key[n] for key in keys] for n, name in enumerate(EMBEDDED.key)}
    for name in ("split", "label", "weight", "track"):
        columns[name] = [given[key][name] for key in keys]
    columns["seconds"] = [_seconds(given[key], times) for key in keys]
    columns |= {"logit": logits, "embedding": pa.ListArray.from_arrays(pa.array(ends), pa.array(values))}
    return pa.table(columns, schema=EMBEDDED.schema)


def _seconds(row: Row, times: Times) -> float:
    _, video = _home(row)
    if (video, row["frame"]) not in times:
        raise DataError(
            f"the frames of {video} do not say when frame {row['frame']} is; they are of another run of `extract` than "
            "the manifests: run the steps from `extract` on again."
        )
    return times[video, row["frame"]]
