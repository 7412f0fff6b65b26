"""The stage: every video of a corpus is sampled in the sandbox, and the clips go to shards."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from unmask import code, folders, sandbox, work
from unmask.errors import DataError, TransientError, VideoError, few
from unmask.extract.params import Params
from unmask.extract.sample import sample, sample_pictures
from unmask.extract.tables import FRAMES
from unmask.hashing import bytes_sha256, digest
from unmask.index.tables import VIDEOS
from unmask.shards import ShardWriter, by_shard

# What does not change what one video gives.
ASSEMBLY = {"shards", "max_failed", "max_seconds", "max_megabytes"}
Row = dict[str, Any]
NUMBERS: Row = {"seconds": 0.0, "decoded": 0, "width": 0, "height": 0, "rotation": 0, "offset": 0, "size": 0}
EMPTY: Row = {"frame": -1, "position": -1, "reason": "", "shard": "", "sha256": ""} | NUMBERS


def extract(root: Path, videos: Path, out: Path, extract: Params) -> None:
    """Extract: videos.parquet -> frames.parquet and shards of sampled frames.

    Args:
        root: Raw folder of the corpus.
        videos: Its table of videos.
        out: Folder for the table and the shards.
        extract: How much is sampled and what a video may cost.

    Raises:
        DataError: A file is missing or has changed since it was indexed, or too many videos failed.
    """
    listed = VIDEOS.rows(videos, ["video", "path", "kind", "sha256", "bytes", "status", "reason"])
    readable = [row for row in listed if row["status"] == "ok"]
    _check_files(root, readable)
    version = digest(code.version("unmask.extract.sample"), extract.model_dump(mode="json", exclude=ASSEMBLY))
    tasks = [work.Task(row["video"], row["sha256"], (str(root / row["path"]), row["kind"])) for row in readable]
    results = work.run("extract", version, partial(_sample, params=extract), tasks)
    shard_of = {video: name for name, group in by_shard([t.key for t in tasks], extract.shards) for video in group}
    rows = _store(results, out, shard_of)
    unreadable = [row for row in listed if row["status"] != "ok"]
    rows += [EMPTY | {"video": r["video"], "status": "unreadable", "reason": r["reason"]} for r in unreadable]
    kinds = {row["video"]: row["kind"] for row in listed}
    _check_failures(rows, extract.max_failed, root)
    FRAMES.write([row | {"kind": kinds[row["video"]]} for row in rows], out)


def _sample(given: tuple[str, str], params: Params) -> work.Result:
    """Sample one video of a kind in the sandbox; a failure is a row with a reason."""
    path, kind = given
    limits = sandbox.Limits(params.max_seconds, params.max_megabytes)
    args = {"path": path, "frames": params.frames, "max_pixels": params.max_pixels}
    try:
        found, blobs = sandbox.call(sample_pictures if kind == "faces" else sample, args, limits)
    except VideoError as error:
        row = EMPTY | {"status": "undecodable", "reason": str(error)}
        return work.Result([row], keep=not isinstance(error, TransientError))
    shared = EMPTY | {
        "status": "ok",
        "decoded": found["decoded"],
        "reason": found["broken"],
        "sha256": bytes_sha256(blobs["clip"]),
    }
    return work.Result([shared | {"position": n} | frame for n, frame in enumerate(found["frames"])], blobs)


def _store(results: Iterable[tuple[work.Task, work.Result]], folder: Path, shard_of: Mapping[str, str]) -> list[Row]:
    """Write each video's clip into its shard; as videos come sorted, so do the members of a shard."""
    for old in folder.glob("*.tar"):
        old.unlink()
    rows: list[Row] = []
    with ExitStack() as stack:
        writers: dict[str, ShardWriter] = {}
        for task, result in results:
            place: Row = {}
            if "clip" in result.blobs:
                name = shard_of[task.key]
                if name not in writers:
                    writers[name] = stack.enter_context(ShardWriter(folder / name))
                place = asdict(writers[name].add(f"{task.key}.mkv", result.blobs["clip"]))
            rows += [row | place | {"video": task.key} for row in result.rows]
    return rows


def _check_files(root: Path, rows: Sequence[Row]) -> None:
    """Refuse to start when files are missing or have another size than when they were indexed."""
    missing = [row["path"] for row in rows if not _is_there(root / row["path"], row["kind"])]
    if missing:
        raise DataError(
            f"{root} misses {len(missing)} of {len(rows)} videos that its table lists: {few(missing)}. "
            "Bring them back, or index the corpus again."
        )
    changed = [row["path"] for row in rows if _size(root / row["path"], row["kind"]) != row["bytes"]]
    if changed:
        raise DataError(f"{root}: {few(changed)} changed since the corpus was indexed; index it again.")


def _is_there(path: Path, kind: str) -> bool:
    return path.is_file() or (kind == "faces" and path.is_dir())


def _size(path: Path, kind: str) -> int:
    return folders.size(path) if kind == "faces" else path.stat().st_size


def _check_failures(rows: Sequence[Row], allowed: float, root: Path) -> None:
    videos = {row["video"] for row in rows}
    failed = {row["video"]: row["reason"] for row in rows if row["status"] != "ok"}
    if len(failed) > allowed * len(videos):
        shown = few([f"{video} ({reason})" for video, reason in sorted(failed.items())])
        raise DataError(
            f"{root}: {len(failed)} of {len(videos)} videos gave no frame, more than `extract.max_failed` = "
            f"{allowed:g} allows: {shown}. Mend or remove them, or raise `extract.max_failed`; what the others gave "
            "is kept in the work cache."
        )
