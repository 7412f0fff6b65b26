"""Search: the faces of one video, frame after frame in the order in which they are tried, until enough have one."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from unmask import work
from unmask.detect.detector import Detector, Found, Options, build
from unmask.detect.faces import find
from unmask.detect.names import BOX, LANDMARKS
from unmask.detect.params import Params
from unmask.errors import UnmaskError
from unmask.extract.raw import Raw

Row = dict[str, Any]
Rows = list[Row]
# Faces by the frame's number, largest first: an empty list for a frame without one, nothing for one not looked at.
Faces = Mapping[int, Rows]


def search(frames: Rows, known: Faces, look: Callable[[Rows], Faces], most: int) -> dict[int, Rows]:
    """Try the frames of a video by rank until enough have a face; so the batch changes nothing that is tried.

    Args:
        frames: Rows of `frames.parquet` with a frame, of one video.
        known: Faces of frames that need not be looked at.
        look: Finds the faces of the other frames.
        most: Frames that are tried at once, at most.

    Returns:
        Faces of the frames tried.
    """
    order = sorted(frames, key=lambda row: int(row["rank"]))
    enough = order[0]["enough"] or len(order)
    found: dict[int, Rows] = {}
    while order and (missing := enough - sum(map(bool, found.values()))) > 0:
        tried, order = order[: min(missing, most)], order[min(missing, most) :]
        found |= {row["frame"]: known[row["frame"]] for row in tried if row["frame"] in known}
        if fresh := [row for row in tried if row["frame"] not in known]:
            found |= look(fresh)
    return found


def settled(frames: Rows, known: Faces) -> dict[int, Rows] | None:
    """Give the faces of a video of which all that is needed is known already; None if some frame must be looked at."""
    fresh: Rows = []

    def note(some: Rows) -> Faces:
        fresh.extend(some)
        return {}

    found = search(frames, known, note, 1)
    return None if fresh else found


def search_video(params: Params, given: tuple[Path, Rows, Raw, Faces]) -> work.Result:
    """Find the faces of one video in a worker.

    Args:
        params: The section of `params.yaml`.
        given: Folder of the clips' shards, rows of `frames.parquet`, the raw files, and what is known already.

    Returns:
        For each frame tried, a row for each face, without its track, or one row with face -1.
    """
    # Not in the process that only assembles.
    from unmask.extract.load import Clip

    folder, rows, raw, known = given
    try:
        detector, clip = _detector(params.detector), Clip(folder, rows, raw)

        def look(fresh: Rows) -> Faces:
            found = find(clip.images(fresh), detector, params.batch)
            return {row["frame"]: _rows(row["frame"], faces) for row, faces in zip(fresh, found, strict=True)}

        faces = search(rows, known, look, params.batch)
    except UnmaskError:
        raise
    except Exception as error:
        raise RuntimeError(f"The face detector failed on {rows[0]['video']}: {error}") from error
    return work.Result(packed(faces), told={"faces": sum(map(len, faces.values()))})


def packed(faces: Faces) -> Rows:
    """Turn faces by frame into rows; a frame without a face becomes one row with face -1."""
    return [row for frame in sorted(faces) for row in faces[frame] or [{"frame": frame, "face": -1}]]


def unpacked(rows: Rows) -> dict[int, Rows]:
    """Undo `packed`."""
    faces: dict[int, Rows] = {row["frame"]: [] for row in rows}
    for row in rows:
        if row["face"] >= 0:
            faces[row["frame"]].append(row)
    return faces


@cache
def _detector(options: Options) -> Detector:
    """Load a face detector once in each worker."""
    return build(options)


def _rows(frame: int, found: Found) -> Rows:
    rows = []
    for face in range(len(found)):
        values = [*found.boxes[face].tolist(), *found.landmarks[face].ravel().tolist()]
        names = dict(zip((*BOX, *LANDMARKS), values, strict=True))
        rows.append({"frame": frame, "face": face, "score": float(found.scores[face]), **names})
    return rows
