"""Score every crop of val and test with one model, video by video; what the work cache holds is not scored again."""

from collections.abc import Iterator, Mapping, Sequence
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
from unmask.train.recipe import load

Row = dict[str, Any]
Key = tuple[str, int, int]


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
    done = list(forward(model, crops, rows))
    write_scores(rows, {key_of(found): found["logit"] for result in done for found in result.rows}, out)
    EMBEDDINGS.write(_embeddings(done), out)


def forward(model: Path, crops: Path, rows: Sequence[Row]) -> Iterator[work.Result]:
    """Put crops through one model, video by video; what the work cache holds is not computed again.

    Args:
        model: Folder of the trained model.
        crops: Folder with a folder of crop shards for each corpus.
        rows: Rows of manifests.

    Yields:
        For each video that has crops, in order of their keys: rows with `video`, `frame`, `face` and `logit`, sorted;
        and as blob `embeddings` the penultimate features of all of them, float16.

    Raises:
        DataError: As for `predict`.
    """
    named = _hash(model / "model.safetensors"), _hash(model / "recipe.yaml")
    head = load(model / "recipe.yaml").model.head
    version = digest(code.version("unmask.predict.step", *head.modules()), *named)
    for _, result in work.run("predict", version, partial(_score_video, model, version, crops), _tasks(rows)):
        yield result


def write_scores(rows: Sequence[Row], logits: Mapping[Key, float], out: Path) -> None:
    """Write scores.parquet: every row of the manifests, with its logit where it has one.

    Args:
        rows: Rows of manifests, each with its `split`.
        logits: Logit of every scored face, by its key.
        out: Folder that gets the table.
    """
    SCORES.write([_scored(row, logits.get(key_of(row))) for row in rows], out)


def key_of(row: Row) -> Key:
    """Give what names a crop: video, frame and face."""
    return row["video"], row["frame"], row["face"]


def _hash(path: Path) -> str:
    if not path.is_file():
        raise DataError(f"{path} does not exist; run train, or fetch it with `dvc pull {path.parent}`.")
    return file_sha256(path)


def _tasks(rows: Sequence[Row]) -> list[work.Task]:
    """Make a task of each video that has crops."""
    found = sorted((row for row in rows if row["status"] == "ok"), key=key_of)
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
