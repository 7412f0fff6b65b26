"""The step crop: aligned faces of a corpus, in shards."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from itertools import groupby
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np

from unmask import code, work
from unmask.crop.align import align
from unmask.crop.choose import RULES
from unmask.crop.params import Params
from unmask.crop.quality import phash, sharpness
from unmask.crop.store import encode
from unmask.crop.tables import CROPS
from unmask.detect.tables import FACES, LANDMARKS
from unmask.errors import DataError
from unmask.extract.clips import load_frames
from unmask.extract.tables import FRAMES
from unmask.hashing import bytes_sha256, digest
from unmask.shards import ShardWriter, by_shard

Row = dict[str, Any]
Rows = list[Row]
Places = dict[str, Row]
Results = Iterable[tuple[work.Task, work.Result]]

NOWHERE: Row = {"shard": "", "offset": 0, "size": 0, "sha256": ""}
UNSEEN: Row = {"sharpness": 0.0, "phash": b""}
NOTHING: Row = {"face": -1, "track": -1, "score": 0.0, "eye_distance": 0.0, **UNSEEN, **NOWHERE}


def crop(frames: Path, faces: Path, tables: Path, shards: Path, crop: Params) -> None:
    """Cut the faces of a corpus out of its sampled frames, aligned.

    Args:
        frames: Folder with `frames.parquet` and the clips' shards.
        faces: Folder with `faces.parquet`.
        tables: Folder for `crops.parquet`.
        shards: Folder for the crops' shards.
        crop: The section of `params.yaml`.
    """
    clips, found = _by_video(FRAMES.rows(frames)), _by_video(FACES.rows(faces))
    if _frames(clips) != _frames(found):
        raise DataError(f"{faces} and {frames} do not speak of the same frames; run detect again.")
    chosen = {video: RULES[crop.face]([row for row in rows if row["face"] >= 0]) for video, rows in found.items()}
    tasks = [_task(frames, clips[video], rows) for video, rows in chosen.items() if rows]
    options = crop.model_dump(mode="json", include={"size", "margin", "interpolation"})
    results = work.run("crop", digest(code.version("unmask.crop.step"), options), partial(_cut, crop), tasks)
    places = _write(results, shards, crop.shards, found)
    CROPS.write((row for video in found for row in _rows(found[video], chosen[video], places)), tables)


def _by_video(rows: Rows) -> dict[str, Rows]:
    return {video: list(group) for video, group in groupby(rows, key=lambda row: str(row["video"]))}


def _frames(videos: dict[str, Rows]) -> dict[str, set[int]]:
    return {video: {row["frame"] for row in rows} for video, rows in videos.items()}


def _task(folder: Path, clip: Rows, faces: Rows) -> work.Task:
    numbers = {row["frame"] for row in faces}
    rows = [row for row in clip if row["frame"] in numbers]
    read = [[row[name] for name in ("frame", "position", "rotation")] for row in rows]
    wanted = [[row[name] for name in ("frame", "face", *LANDMARKS)] for row in faces]
    # The slash sorts the videos as it sorts the members of the shards.
    return work.Task(f"{clip[0]['video']}/", digest(clip[0]["sha256"], read, wanted), (folder, rows, faces))


def _cut(params: Params, given: tuple[Path, Rows, Rows]) -> work.Result:
    """Cut the chosen faces of one video."""
    folder, rows, faces = given
    kind = rows[0]["kind"]
    frames = dict(zip((row["frame"] for row in rows), load_frames(folder, rows), strict=True))
    crops = {_name(row): align(frames[row["frame"]], _landmarks(row, kind), params) for row in faces}
    seen = [{"name": name, "sharpness": sharpness(crop), "phash": phash(crop).hex()} for name, crop in crops.items()]
    return work.Result(seen, {name: encode(crop) for name, crop in crops.items()})


def _name(row: Row) -> str:
    return f"{row['video']}/{row['frame']:06d}_{row['face']}.png"


def _landmarks(row: Row, kind: str) -> Any:
    return None if kind == "faces" else np.array([row[name] for name in LANDMARKS]).reshape(5, 2)


def _write(results: Results, folder: Path, shards: int, videos: Iterable[str]) -> Places:
    """Write the crops, as they come, into the shards of their videos.

    Returns:
        For each member's name, the columns that say what it looks like, where its bytes lie, and their hash.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.tar"):
        old.unlink()
    shard_of = {video: shard for shard, group in by_shard(videos, shards) for video in group}
    places: Places = {}
    with ExitStack() as stack:
        writers: dict[str, ShardWriter] = {}
        for task, result in results:
            shard = shard_of[task.key.removesuffix("/")]
            if shard not in writers:
                writers[shard] = stack.enter_context(ShardWriter(folder / shard))
            for row in sorted(result.rows, key=lambda row: str(row["name"])):
                data = result.blobs[row["name"]]
                looks = {"sharpness": row["sharpness"], "phash": bytes.fromhex(row["phash"])}
                where = asdict(writers[shard].add(row["name"], data))
                places[row["name"]] = {**looks, **where, "sha256": bytes_sha256(data)}
    return places


def _rows(faces: Rows, chosen: Rows, places: Places) -> Iterator[Row]:
    """Give the rows of one video: its crops, or why a frame has none."""
    crops: dict[int, Rows] = {row["frame"]: [] for row in faces}
    for row in chosen:
        crops[row["frame"]].append(row)
    # Where faces were found but none is chosen, the frame's face 0 has the status `ok`.
    statuses = {row["frame"]: row["status"] for row in faces}
    for frame, rows in crops.items():
        where = {"video": faces[0]["video"], "frame": frame}
        for row in rows:
            known = {name: row[name] for name in ("face", "status", "track", "score")}
            yield {**where, **known, "eye_distance": _eye_distance(row), **places[_name(row)]}
        if not rows:
            yield {**where, "status": "no_face" if statuses[frame] == "ok" else statuses[frame], **NOTHING}


def _eye_distance(row: Row) -> float:
    return hypot(row["right_eye_x"] - row["left_eye_x"], row["right_eye_y"] - row["left_eye_y"])
