"""One more video: it alone is worked on, one shard of each step changes, and the bytes are those of a full run."""

import sys
import time
from pathlib import Path

import pytest
from robust.people import write_one, write_people
from robust.pipeline import CHAIN, Pipeline

pytestmark = pytest.mark.slow

SMALL = {"extract.sampling": {"policy": "uniform", "frames": 1}, "crop.size": 64}
VIDEOS = 50


def timed(pipeline: Pipeline) -> dict[str, float]:
    """Run all steps; tell how many seconds each took."""
    seconds = {}
    for verb in CHAIN:
        start = time.monotonic()
        pipeline.run(verb)
        seconds[verb] = round(time.monotonic() - start, 1)
    return seconds


def test_one_more_video_and_one_less(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = write_people(tmp_path / "raw", VIDEOS, frames=3)
    growing = Pipeline(tmp_path / "growing", raw, SMALL)
    seconds = {"all": timed(growing)}
    before = growing.outputs()
    done = {verb: growing.results(verb) for verb in CHAIN}
    assert {verb: len(results) for verb, results in done.items()} == dict.fromkeys(CHAIN, VIDEOS)

    added = write_one(raw, VIDEOS, 3, "libx264", "yuv420p", ".mp4")
    seconds["one more"] = timed(growing)
    after = growing.outputs()
    for verb in CHAIN:
        # No result was made again, and one is new.
        results = growing.results(verb)
        assert done[verb].items() <= results.items()
        assert len(results) == VIDEOS + 1
        changed = [path for path, hash_ in after.items() if f"_{verb}/" in path and before.get(path) != hash_]
        assert len([path for path in changed if path.endswith(".tar")]) == (verb in ("extract", "crop"))
        assert len([path for path in changed if path.endswith(".parquet")]) == 1

    whole = Pipeline(tmp_path / "whole", raw, SMALL, workers=1)
    timed(whole)
    assert whole.outputs() == after

    done = {verb: growing.results(verb) for verb in CHAIN}
    with capsys.disabled():
        sys.stdout.write(f"seconds, {VIDEOS} videos, then one more: {seconds}\n")
    added.unlink()
    timed(growing)
    assert growing.outputs() == before
    assert {verb: growing.results(verb) for verb in CHAIN} == done
