"""Two thousand broken videos: each costs a row with a reason, and nothing crashes, hangs, leaks or is written."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from robust.mutate import mutations
from robust.pipeline import Pipeline
from robust.seeds import seeds

from unmask.extract.tables import FRAMES
from unmask.hashing import file_sha256
from unmask.index.tables import VIDEOS

pytestmark = pytest.mark.slow

COUNT = 2000
SECONDS, MEGABYTES = 10, 512
LIMITS = {"limits.max_seconds": SECONDS, "limits.max_megabytes": MEGABYTES, "limits.max_pixels": 1 << 24}
PARAMS = LIMITS | {"extract.max_failed": 1.0}
# What an idle process of ours has, beside what a video may take.
IDLE = 300


@contextmanager
def watch(pipeline: Pipeline) -> Iterator[list[int]]:
    """Look again and again for the most memory that any process of a pipeline has had; gives it, in megabytes."""
    peaks, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            for number in pipeline.processes():
                with suppress(OSError):  # it has ended meanwhile
                    status = Path(f"/proc/{number}/status").read_text()
                    peaks.extend(int(peak) >> 10 for peak in re.findall(r"VmHWM:\s+(\d+) kB", status))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): file_sha256(path) for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, videos: Mapping[str, bytes]) -> Path:
    for name, data in videos.items():
        (folder / "real").mkdir(parents=True, exist_ok=True)
        (folder / "real" / name).write_bytes(data)
    return folder


def clips(pipeline: Pipeline) -> dict[str, set[tuple[int, str]]]:
    """Give the frames and the hash of the clip of each video."""
    found: dict[str, set[tuple[int, str]]] = {}
    for row in FRAMES.rows(next(pipeline.folder.glob("data/*_extract/*"))):
        found.setdefault(row["video"], set()).add((row["frame"], row["sha256"]))
    return found


def survive(folder: Path, valid: Mapping[str, bytes], count: int) -> None:
    """Break videos, send them through index and extract, and see to it that each promise is kept."""
    broken = dict(mutations(valid, count, seed=1))
    alone = Pipeline(folder / "alone", write(folder / "valid", valid), PARAMS)
    alone.run("index", "extract")
    raw = write(folder / "raw", {**valid, **broken})
    pipeline = Pipeline(folder / "run", raw, PARAMS)
    before = files(raw) | {"params.yaml": file_sha256(pipeline.folder / "params.yaml")}

    start = time.monotonic()
    with watch(pipeline) as peaks:
        pipeline.run("index", "extract")
    seconds = time.monotonic() - start

    # One row each in the table of videos; a status for each in that of frames, and a reason where it has no frame.
    videos = VIDEOS.rows(next(pipeline.folder.glob("data/*_index/*")))
    assert {Path(row["path"]).name for row in videos} == {*valid, *broken}
    rows = FRAMES.rows(next(pipeline.folder.glob("data/*_extract/*")))
    assert {row["video"] for row in rows} == {row["video"] for row in videos}
    outcome = {row["video"]: (row["status"], row["reason"]) for row in rows}
    statuses = Counter(status for status, _ in outcome.values())
    assert statuses.keys() <= {"ok", "undecodable", "unreadable"}
    assert min(statuses["ok"], statuses["unreadable"]) > count // 10
    assert all(reason for status, reason in outcome.values() if status != "ok")
    # An exception that nobody foresaw would carry its Python name.
    assert not [reason for _, reason in outcome.values() if re.search(r"\b[A-Z]\w+(Error|Exception)\b", reason)]

    # Whole videos give what they give without bad company.
    found, expected = clips(pipeline), clips(alone)
    assert {video: found[video] for video in expected} == expected

    # Limits held, and nothing was written but the outputs and the work cache.
    assert 0 < max(peaks) < MEGABYTES + IDLE
    late = sum("gave up" in reason for _, reason in outcome.values())
    assert seconds < 300 + late * SECONDS
    assert files(raw) | {"params.yaml": file_sha256(pipeline.folder / "params.yaml")} == before
    assert {Path(name).parts[0] for name in files(pipeline.folder)} == {"params.yaml", "data", "cache"}
    assert {path.name for path in pipeline.folder.glob("data/*")} == {"00_raw", "10_index", "20_extract"}


def test_two_thousand_broken_videos_cost_a_row_each(tmp_path: Path) -> None:
    survive(tmp_path, dict(seeds()), COUNT)


def test_broken_real_videos_cost_a_row_each(shared: Path, tmp_path: Path) -> None:
    odd = {path.name: path.read_bytes() for path in (shared / "data/odd").iterdir() if path.stat().st_size < 60_000}
    assert len(odd) >= 8
    survive(tmp_path, odd, COUNT // 10)
