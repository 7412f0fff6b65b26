"""The step detect: faces and their tracks in the sampled frames of a corpus."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from unmask import code, work
from unmask.detect.detector import module_of
from unmask.detect.params import Params
from unmask.detect.search import Faces, Rows, packed, search_video, settled, unpacked
from unmask.detect.tables import BOX, FACES, LANDMARKS
from unmask.detect.tracks import link
from unmask.errors import warn
from unmask.extract.raw import Raw
from unmask.extract.tables import FRAMES
from unmask.hashing import digest
from unmask.limits import Limits

Row = dict[str, Any]
Videos = Mapping[str, Rows]

NOTHING = {"face": -1, "score": 0.0, "track": -1, "from_pair": False, **dict.fromkeys((*BOX, *LANDMARKS), 0.0)}
# Tracks are linked, and boxes taken over, when all is found, so other values here detect nothing again.
ASSEMBLY = {"track_iou", "paired"}


def detect(frames: Path, root: Path, out: Path, detect: Params, limits: Limits) -> None:
    """Find the faces in the sampled frames of a corpus and link them to tracks.

    Args:
        frames: Folder with `frames.parquet` and the clips' shards.
        root: Raw folder of the corpus, read only where no clips are kept.
        out: Folder for `faces.parquet`.
        detect: The section of `params.yaml`.
        limits: What one raw file may cost.
    """
    rows = FRAMES.rows(frames)
    videos = {video: list(group) for video, group in groupby(rows, key=lambda row: str(row["video"]))}
    find = partial(_find, frames, Raw(root, limits), detect)
    # In pictures cropped to faces, and where there is no frame, nothing is looked for.
    seen = {video: rows for video, rows in videos.items() if rows[0]["frame"] >= 0 and rows[0]["kind"] == "video"}
    pairs = {video: rows[0]["pair"] for video, rows in seen.items() if rows[0]["pair"] in seen}
    if detect.paired == "own":
        pairs = {}
    elif not pairs:
        warn(f"{frames}: `detect.paired` is real, but no video names the real one of this corpus it was made from.")
    found = find({video: rows for video, rows in seen.items() if video not in pairs}, {})
    known = {video: _known(seen[video], seen[pair], found[pair]) for video, pair in pairs.items()}
    found |= find({video: seen[video] for video in pairs}, known)
    FACES.write((row for video in videos for row in _rows(videos[video], found, known, detect)), out)


def _find(folder: Path, raw: Raw, params: Params, videos: Videos, known: Mapping[str, Faces]) -> dict[str, Faces]:
    """Find the faces of videos; those of which all that is needed is known already are not read."""
    options = params.model_dump(mode="json", exclude=ASSEMBLY)
    version = digest(code.version("unmask.detect.search", module_of(params.detector.name)), options)
    found: dict[str, Faces] = {}
    tasks = []
    for video, rows in videos.items():
        given = known.get(video, {})
        if (faces := settled(rows, given)) is not None:
            found[video] = faces
            continue
        content = digest(rows[0]["sha256"], _read(rows), packed(given))
        cost, shard = sum(map(_pixels, rows)), str(rows[0]["shard"])
        tasks.append(work.Task(video, content, (folder, rows, raw, given), cost, shard))
    results = work.run("detect", version, partial(search_video, params), tasks)
    return found | {task.key: unpacked(result.rows) for task, result in results}


def _read(rows: Rows) -> list[list[int]]:
    """Say which frames of a clip are read, in which order and how, for the key of the work cache."""
    return [[row[name] for name in ("frame", "position", "rotation", "rank", "enough")] for row in rows]


def _pixels(row: Row) -> int:
    return int(row["width"] * row["height"])


def _known(fake: Rows, real: Rows, found: Faces) -> Faces:
    """Take the faces of a real video over for the frames of a fake that have the same number and size."""
    sizes = {row["frame"]: (row["width"], row["height"]) for row in real}
    equal = [row["frame"] for row in fake if sizes.get(row["frame"]) == (row["width"], row["height"])]
    return {frame: found[frame] for frame in equal if frame in found}


def _rows(frames: Rows, found: Mapping[str, Faces], known: Mapping[str, Faces], params: Params) -> Iterator[Row]:
    """Give the rows of one video: its faces with their tracks, or why a frame has none."""
    video = frames[0]["video"]
    if frames[0]["kind"] == "faces" and frames[0]["frame"] >= 0:
        yield from map(_whole, frames)
        return
    faces = found.get(video, {})
    groups = [faces.get(row["frame"], []) for row in frames]
    boxes = [np.array([[face[edge] for edge in BOX] for face in group], np.float32) for group in groups]
    tracks = link([box.reshape(-1, 4) for box in boxes], params.track_iou)
    for row, group, numbers in zip(frames, groups, tracks, strict=True):
        frame, taken = row["frame"], row["frame"] in known.get(video, {})
        where = {"video": video, "frame": frame}
        for face, track in zip(group, numbers, strict=True):
            yield {**where, "status": "ok", **face, "track": track, "from_pair": taken}
        if not group:
            tried = "no_face" if frame in faces else "spare"
            known_why = {"status": tried if row["status"] == "ok" else row["status"]}
            yield {**where, **NOTHING, **known_why, "from_pair": taken and frame in faces}


def _whole(frame: Row) -> Row:
    """Take a picture that came cropped as one face; no face detector has seen it, so it has no landmarks."""
    box = {"x0": 0.0, "y0": 0.0, "x1": float(frame["width"]), "y1": float(frame["height"])}
    where = {"video": frame["video"], "frame": frame["frame"], "status": "ok"}
    return {**where, **NOTHING, "face": 0, "score": 1.0, "track": 0, **box}
