"""The task of a worker: one video is sampled in the sandbox; only the child there imports what decodes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask import sandbox
from unmask.errors import TransientError, VideoError
from unmask.hashing import bytes_sha256
from unmask.presence import lost
from unmask.work import Result

if TYPE_CHECKING:
    # Whoever looks for what the stage depends on finds it here.
    from unmask.extract.sample import sample as sample

SAMPLE = "unmask.extract.sample:sample"

Row = dict[str, Any]
EMPTY: Row = dict.fromkeys(("frame", "position", "rank"), -1)
EMPTY |= dict.fromkeys(("reason", "path", "reader", "shard", "sha256"), "")
EMPTY |= dict.fromkeys(("enough", "decoded", "width", "height", "rotation", "offset", "size"), 0) | {"seconds": 0.0}


def sample_video(options: dict[str, Any], limits: sandbox.Limits, given: tuple[str, str]) -> Result:
    """Sample one video; a failure is a row with a reason.

    Args:
        options: Arguments of `sample` other than these two.
        limits: What it may cost.
        given: Path of the video, and its kind.
    """
    path, kind = given
    try:
        found, blobs = sandbox.call(SAMPLE, {"path": path, "kind": kind} | options, limits)
    except VideoError as error:
        gone = lost(Path(path))
        row = EMPTY | {"status": "undecodable", "reason": gone or str(error)}
        return Result([row], keep=not (gone or isinstance(error, TransientError)), told={"failed": 1})
    sampling = options["sampling"]
    shared = EMPTY | {
        "status": "ok",
        "enough": sampling["frames"] if sampling["policy"] == "with_face" else 0,
        "decoded": found["decoded"],
        "reason": found["broken"],
        "sha256": bytes_sha256(blobs["clip"]),
    }
    rows = [shared | {"position": n} | frame for n, frame in enumerate(found["frames"])]
    # Where no clip is kept, its hash is, so that frames decoded again can be told to be the same.
    return Result(rows, {} if options["store"]["format"] == "none" else blobs, told={"frames": len(rows)})
