"""The step detect: faces and their tracks in every sampled frame of a corpus."""

from collections.abc import Iterator
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from unmask import code, work
from unmask.detect.detector import Detector, Found, Options, build, module_of
from unmask.detect.faces import find
from unmask.detect.params import Params
from unmask.detect.tables import BOX, FACES, LANDMARKS
from unmask.detect.tracks import link
from unmask.errors import UnmaskError
from unmask.extract.clips import load_frames
from unmask.extract.tables import FRAMES
from unmask.hashing import digest

Rows = list[dict[str, Any]]

NOTHING = {"face": -1, "score": 0.0, "track": -1, **dict.fromkeys((*BOX, *LANDMARKS), 0.0)}


def detect(frames: Path, out: Path, detect: Params) -> None:
    """Find the faces in the sampled frames of a corpus and link them to tracks.

    Args:
        frames: Folder with `frames.parquet` and the clips' shards.
        out: Folder for `faces.parquet`.
        detect: The section of `params.yaml`.
    """
    rows = FRAMES.rows(frames)
    videos = {video: list(group) for video, group in groupby(rows, key=lambda row: str(row["video"]))}
    found = {task.key: result.rows for task, result in _search(videos, frames, detect)}
    FACES.write((row for video in videos for row in _rows(videos[video], found.get(video, []), detect)), out)


def _whole(frame: dict[str, Any]) -> dict[str, Any]:
    """Take a picture that came cropped as one face; no face detector has seen it, so it has no landmarks."""
    box = {"x0": 0.0, "y0": 0.0, "x1": float(frame["width"]), "y1": float(frame["height"])}
    where = {"video": frame["video"], "frame": frame["frame"], "status": "ok"}
    return {**where, **NOTHING, "face": 0, "score": 1.0, "track": 0, **box}


def _search(videos: dict[str, Rows], folder: Path, params: Params) -> Iterator[tuple[work.Task, work.Result]]:
    """Find faces in every video that has frames; in pictures cropped to faces none are looked for."""
    # Tracks are linked afterwards, so another `track_iou` detects nothing again.
    options = params.model_dump(mode="json", exclude={"track_iou"})
    version = digest(code.version("unmask.detect.step", module_of(params.detector.name)), options)
    tasks = [
        work.Task(video, digest(rows[0]["sha256"], _read(rows)), (folder, rows))
        for video, rows in videos.items()
        if rows[0]["frame"] >= 0 and rows[0]["kind"] == "video"
    ]
    return work.run("detect", version, partial(_find, params), tasks)


def _read(rows: Rows) -> list[list[int]]:
    """Say which frames of a clip are read and how, for the key of the work cache."""
    return [[row["frame"], row["position"], row["rotation"]] for row in rows]


def _find(params: Params, given: tuple[Path, Rows]) -> work.Result:
    """Find the faces of one video: a row for each face, largest first in each frame, without its track."""
    folder, rows = given
    try:
        faces = find(load_frames(folder, rows), _detector(params.detector), params.batch)
    except UnmaskError:
        raise
    except Exception as error:
        raise RuntimeError(f"The face detector failed on {rows[0]['video']}: {error}") from error
    return work.Result([face for row, found in zip(rows, faces, strict=True) for face in _faces(row["frame"], found)])


@cache
def _detector(options: Options) -> Detector:
    """Load a face detector once in each worker."""
    return build(options)


def _faces(frame: int, found: Found) -> Iterator[dict[str, Any]]:
    for face in range(len(found)):
        values = [*found.boxes[face].tolist(), *found.landmarks[face].ravel().tolist()]
        names = dict(zip((*BOX, *LANDMARKS), values, strict=True))
        yield {"frame": frame, "face": face, "score": float(found.scores[face]), **names}


def _rows(frames: Rows, faces: Rows, params: Params) -> Iterator[dict[str, Any]]:
    """Give the rows of one video: its faces with their tracks, or why a frame has none."""
    if frames[0]["kind"] == "faces" and frames[0]["frame"] >= 0:
        yield from map(_whole, frames)
        return
    groups: dict[int, Rows] = {row["frame"]: [] for row in frames}
    for face in faces:
        groups[face["frame"]].append(face)
    boxes = [np.array([[face[edge] for edge in BOX] for face in group], np.float32) for group in groups.values()]
    tracks = link([box.reshape(-1, 4) for box in boxes], params.track_iou)
    for row, group, numbers in zip(frames, groups.values(), tracks, strict=True):
        where = {"video": row["video"], "frame": row["frame"]}
        for face, track in zip(group, numbers, strict=True):
            yield {**where, "status": "ok", **face, "track": track}
        if not group:
            yield {**where, "status": "no_face" if row["status"] == "ok" else row["status"], **NOTHING}
