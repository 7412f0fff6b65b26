"""Score every crop of val and test with one model, video by video; what the work cache holds is not scored again."""

from functools import cache, partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from unmask import code, work
from unmask.errors import DataError
from unmask.hashing import digest, file_sha256
from unmask.predict.model import Detector
from unmask.predict.tables import EMBEDDINGS, SCORES
from unmask.split.tables import MANIFEST
from unmask.train.data import crop_of

Row = dict[str, Any]


def predict(model: Path, val: Path, test: Path, crops: Path, out: Path) -> None:
    """Score every crop of val and test with one model.

    Each video is scored by itself and by one thread, so that a score depends on the crops of its own video alone.

    Args:
        model: Folder of the trained model.
        val: Manifest of the validation split.
        test: Manifest of the test split.
        crops: Folder with a folder of crop shards for each corpus.
        out: Gets scores.parquet and embeddings.parquet.

    Raises:
        DataError: The model is missing or does not fit its recipe, or a crop is not the one that the manifest names.
    """
    rows = [row | {"split": "val"} for row in MANIFEST.rows(val)]
    rows += [row | {"split": "test"} for row in MANIFEST.rows(test)]
    version = digest(
        code.version("unmask.predict.step"), _hash(model / "model.safetensors"), _hash(model / "recipe.yaml")
    )
    done = list(work.run("predict", version, partial(_score_video, model, version, crops), _tasks(rows)))
    logits = {_key(found): found["logit"] for _, result in done for found in result.rows}
    SCORES.write([_scored(row, logits.get(_key(row))) for row in rows], out)
    EMBEDDINGS.write(_embeddings([result for _, result in done]), out)


def _hash(path: Path) -> str:
    if not path.is_file():
        raise DataError(f"{path} does not exist; run train, or fetch it with `dvc pull {path.parent}`.")
    return file_sha256(path)


def _tasks(rows: list[Row]) -> list[work.Task]:
    """Make a task of each video that has crops."""
    found = sorted((row for row in rows if row["status"] == "ok"), key=_key)
    groups = {video: list(some) for video, some in groupby(found, key=itemgetter("video"))}
    return [
        work.Task(video, digest([[r["frame"], r["face"], r["sha256"]] for r in some]), some)
        for video, some in groups.items()
    ]


def _score_video(model: Path, version: str, crops: Path, rows: list[Row]) -> work.Result:
    logits, embeddings = _detector(model, version).score(np.stack([crop_of(crops, row) for row in rows]))
    found = [
        {"video": row["video"], "frame": row["frame"], "face": row["face"], "logit": float(logit)}
        for row, logit in zip(rows, logits, strict=True)
    ]
    return work.Result(found, {"embeddings": embeddings.astype(np.float16).tobytes()})


@cache
def _detector(model: Path, version: str) -> Detector:
    """Load a model once in every worker process, and again when its files have changed."""
    return Detector.load(model)


def _key(row: Row) -> tuple[str, int, int]:
    return row["video"], row["frame"], row["face"]


def _scored(row: Row, logit: float | None) -> Row:
    kept = ("video", "frame", "face", "status", "split", "corpus", "label", "method", "cluster", "track")
    return {name: row[name] for name in kept} | {"logit": logit}


def _embeddings(results: list[work.Result]) -> pa.Table:
    """Make the table of embeddings without a Python object for every number."""
    rows = [row for result in results for row in result.rows]
    values = np.frombuffer(b"".join(result.blobs["embeddings"] for result in results), np.float16)
    ends = np.arange(len(rows) + 1, dtype=np.int32) * (len(values) // max(1, len(rows)))
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in ("video", "frame", "face")}
    columns["embedding"] = pa.ListArray.from_arrays(pa.array(ends), pa.array(values))
    return pa.table(columns, schema=EMBEDDINGS.schema)
