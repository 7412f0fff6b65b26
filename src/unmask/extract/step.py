"""The stage: every video of a corpus is sampled in the sandbox, and the clips go to shards."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path

from unmask import code, folders, work
from unmask.errors import DataError, few
from unmask.extract.params import Params
from unmask.extract.tables import FRAMES
from unmask.extract.task import EMPTY, Row, sample_video
from unmask.hashing import digest
from unmask.index.entry import REAL
from unmask.index.tables import VIDEOS
from unmask.limits import Limits
from unmask.shards import ShardWriter, by_shard

# What does not change what one video gives.
ASSEMBLY = {"shards", "max_failed"}
COLUMNS = ("video", "path", "label", "kind", "pair", "sha256", "bytes", "status", "reason")


def extract(root: Path, videos: Path, out: Path, extract: Params, limits: Limits) -> None:
    """Extract: videos.parquet -> frames.parquet and shards of sampled frames.

    Args:
        root: Raw folder of the corpus.
        videos: Its table of videos.
        out: Folder for the table and the shards.
        extract: What is sampled, and how it is kept.
        limits: What one video may cost.

    Raises:
        DataError: A file is missing or has changed since it was indexed, or too many videos failed.
    """
    listed = VIDEOS.rows(videos, COLUMNS)
    readable = [row for row in listed if row["status"] == "ok"]
    _check_files(root, readable)
    shard_of = {key: name for name, group in by_shard([r["video"] for r in readable], extract.shards) for key in group}
    options = extract.model_dump(mode="json", exclude=ASSEMBLY) | {"max_pixels": limits.max_pixels}
    version = digest(code.version("unmask.extract.sample", f"unmask.extract.readers.{extract.reader}"), options)
    tasks = [_task(root, row, shard_of[row["video"]]) for row in readable]
    results = work.run("extract", version, partial(sample_video, options, limits.of_call), tasks, waits=True)
    rows = _store(results, out)
    unreadable = [row for row in listed if row["status"] != "ok"]
    rows += [EMPTY | {"video": r["video"], "status": "unreadable", "reason": r["reason"]} for r in unreadable]
    _check_failures(rows, extract.max_failed, root)
    if extract.store.format == "none":
        again = {row["video"]: {"path": row["path"], "reader": extract.reader} for row in readable}
        rows = [row | again[row["video"]] if row["status"] == "ok" else row for row in rows]
    known = _known(listed)
    FRAMES.write([row | known[row["video"]] for row in rows], out)


def _task(root: Path, row: Row, shard: str) -> work.Task:
    given = (str(root / row["path"]), row["kind"])
    return work.Task(row["video"], row["sha256"], given, cost=row["bytes"], shard=shard)


def _known(listed: Sequence[Row]) -> dict[str, Row]:
    """Give for every video its kind, and the key of the real one of this table that it was made from."""
    reals = {row["video"]: row["video"] for row in listed if row["label"] == REAL}
    # Tables may name a pair by a token that both share; one that several real videos share says nothing.
    tokens = Counter(row["pair"] for row in listed if row["label"] == REAL)
    reals |= {row["pair"]: row["video"] for row in listed if row["label"] == REAL and tokens[row["pair"]] == 1}
    fakes = {row["video"]: reals.get(row["pair"], "") for row in listed if row["label"] != REAL and row["pair"]}
    return {row["video"]: {"kind": row["kind"], "pair": fakes.get(row["video"], "")} for row in listed}


def _store(results: Iterable[tuple[work.Task, work.Result]], folder: Path) -> list[Row]:
    """Write each video's clip into its shard; as videos come sorted, so do the members of a shard."""
    for old in folder.glob("*.tar"):
        old.unlink()
    rows: list[Row] = []
    with ExitStack() as stack:
        writers: dict[str, ShardWriter] = {}
        for task, result in results:
            place: Row = {}
            if "clip" in result.blobs:
                if task.shard not in writers:
                    writers[task.shard] = stack.enter_context(ShardWriter(folder / task.shard))
                place = asdict(writers[task.shard].add(f"{task.key}.nut", result.blobs["clip"]))
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
