"""The step crop: aligned faces of a corpus, in shards."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from itertools import groupby
from math import hypot, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from unmask import code, work
from unmask.crop.align import in_crop
from unmask.crop.choose import RULES
from unmask.crop.params import Params
from unmask.crop.pose import roll, yaw
from unmask.crop.tables import CROPS
from unmask.crop.task import cut_video
from unmask.detect.tables import FACES, LANDMARKS
from unmask.errors import DataError
from unmask.extract.raw import Raw
from unmask.extract.tables import FRAMES
from unmask.hashing import bytes_sha256, digest
from unmask.limits import Limits
from unmask.shards import ShardWriter, by_shard

Row = dict[str, Any]
Rows = list[Row]
Places = dict[str, Row]
Results = Iterable[tuple[work.Task, work.Result]]

NOWHERE: Row = {"shard": "", "offset": 0, "size": 0, "sha256": ""}
UNSEEN: Row = {"sharpness": 0.0, "phash": b""}
UNKNOWN: Row = {"eye_distance": 0.0, "roll": None, "yaw": None, "landmarks": None}
NOTHING: Row = {"face": -1, "track": -1, "score": 0.0, "face_size": 0.0, **UNKNOWN, **UNSEEN, **NOWHERE}


def crop(frames: Path, faces: Path, root: Path, tables: Path, shards: Path, crop: Params, limits: Limits) -> None:
    """Cut the faces of a corpus out of its sampled frames, aligned.

    Args:
        frames: Folder with `frames.parquet` and the clips' shards.
        faces: Folder with `faces.parquet`.
        root: Raw folder of the corpus, read only where no clips are kept.
        tables: Folder for `crops.parquet`.
        shards: Folder for the crops' shards.
        crop: The section of `params.yaml`.
        limits: What one raw file may cost.

    Raises:
        DataError: The tables do not belong together, or frames are not those that a table names.
    """
    clips, found = _by_video(FRAMES.rows(frames)), _by_video(FACES.rows(faces))
    if _frames(clips) != _frames(found):
        raise DataError(f"{faces} and {frames} do not speak of the same frames; run detect again.")
    chosen = {video: RULES[crop.face]([row for row in rows if row["face"] >= 0]) for video, rows in found.items()}
    ending = crop.picture.suffix
    shard_of = {video: shard for shard, group in by_shard(found, crop.shards) for video in group}
    tasks = [_task(clips[video], rows, ending, shard_of[video]) for video, rows in chosen.items() if rows]
    version = digest(code.version("unmask.crop.cut"), crop.model_dump(mode="json", exclude={"face", "shards"}))
    results = work.run("crop", version, partial(cut_video, crop, frames, Raw(root, limits)), tasks)
    places = _write(results, shards)
    CROPS.write((row for video in found for row in _rows(found[video], chosen[video], places, ending, crop)), tables)


def _by_video(rows: Rows) -> dict[str, Rows]:
    return {video: list(group) for video, group in groupby(rows, key=lambda row: str(row["video"]))}


def _frames(videos: dict[str, Rows]) -> dict[str, set[int]]:
    return {video: {row["frame"] for row in rows} for video, rows in videos.items()}


def _task(clip: Rows, faces: Rows, ending: str, shard: str) -> work.Task:
    numbers = {row["frame"] for row in faces}
    rows = [row for row in clip if row["frame"] in numbers]
    read = [[row[name] for name in ("frame", "position", "rotation")] for row in rows]
    wanted = [(row["frame"], _name(row, ending), _landmarks(row, clip[0]["kind"])) for row in faces]
    return work.Task(
        key=f"{clip[0]['video']}/",  # the slash sorts the videos as it sorts the members of the shards
        content=digest(clip[0]["sha256"], read, wanted),
        given=(clip, wanted),
        cost=sum(row["width"] * row["height"] for row in rows),
        shard=shard,
    )


def _name(row: Row, ending: str) -> str:
    return f"{row['video']}/{row['frame']:06d}_{row['face']}{ending}"


def _landmarks(row: Row, kind: str) -> list[float] | None:
    return None if kind == "faces" else [row[name] for name in LANDMARKS]


def _write(results: Results, folder: Path) -> Places:
    """Write the crops, as they come, into the shards of their videos.

    Returns:
        For each member's name, the columns that say what it looks like, where its bytes lie, and their hash.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.tar"):
        old.unlink()
    places: Places = {}
    with ExitStack() as stack:
        writers: dict[str, ShardWriter] = {}
        for task, result in results:
            if task.shard not in writers:
                writers[task.shard] = stack.enter_context(ShardWriter(folder / task.shard))
            for row in sorted(result.rows, key=lambda row: str(row["name"])):
                data = result.blobs[row["name"]]
                looks = {"sharpness": row["sharpness"], "phash": bytes.fromhex(row["phash"])}
                where = asdict(writers[task.shard].add(row["name"], data))
                places[row["name"]] = {**looks, **where, "sha256": bytes_sha256(data)}
    return places


def _rows(faces: Rows, chosen: Rows, places: Places, ending: str, options: Params) -> Iterator[Row]:
    """Give the rows of one video: its crops, or why a frame has none."""
    crops: dict[int, Rows] = {row["frame"]: [] for row in faces if row["status"] != "spare"}
    for row in chosen:
        crops[row["frame"]].append(row)
    # Where faces were found but none is chosen, the frame's face 0 has the status `ok`.
    statuses = {row["frame"]: row["status"] for row in faces}
    for frame, rows in crops.items():
        where = {"video": faces[0]["video"], "frame": frame}
        for row in rows:
            known = {name: row[name] for name in ("face", "status", "track", "score")}
            yield {**where, **known, **_measures(row, options), **places[_name(row, ending)]}
        if not rows:
            yield {**where, "status": "no_face" if statuses[frame] == "ok" else statuses[frame], **NOTHING}


def _measures(row: Row, options: Params) -> Row:
    """Give size, pose and places in the crop of a face; of one that came cropped, the size alone."""
    size = sqrt((row["x1"] - row["x0"]) * (row["y1"] - row["y0"]))
    left, right, nose = ((row[f"{name}_x"], row[f"{name}_y"]) for name in ("left_eye", "right_eye", "nose"))
    if not any(row[name] for name in LANDMARKS):
        return {"face_size": size, **UNKNOWN}
    distance = hypot(right[0] - left[0], right[1] - left[1])
    pose = {"eye_distance": distance, "roll": roll(left, right), "yaw": yaw(left, right, nose)}
    places = np.array([row[name] for name in LANDMARKS]).reshape(5, 2)
    return {"face_size": size, **pose, "landmarks": in_crop(places, options).ravel().tolist()}
