"""Killed at any moment: the next run goes on from there, and in the end no byte is another and no process is left."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from robust.people import write_people
from robust.pipeline import CHAIN, Pipeline

pytestmark = pytest.mark.slow

# Twenty kills in all; detect takes longest to start.
KILLS = {"extract": 8, "detect": 4, "crop": 8}
SMALL = {"extract.sampling": {"policy": "uniform", "frames": 2}, "crop.size": 64}


class Undisturbed:
    """A corpus, what each stage makes of it, and how long each takes."""

    def __init__(self, folder: Path) -> None:
        self.pipeline = Pipeline(folder / "whole", write_people(folder / "raw", videos=16, frames=5), SMALL)
        self.seconds: dict[str, float] = {}
        for verb in CHAIN:
            start = time.monotonic()
            self.pipeline.run(verb)
            self.seconds[verb] = time.monotonic() - start
        self.outputs = self.pipeline.outputs()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("killed"))


@pytest.mark.parametrize("verb", KILLS)
def test_killed_at_random_moments_it_resumes_and_nothing_differs(undisturbed: Undisturbed, verb: str) -> None:
    """Half of the kills hit the parent alone: its children must notice and end; half hit the whole group."""
    pipeline, kills = undisturbed.pipeline, 0
    random = np.random.default_rng([1, CHAIN.index(verb)])
    expected = {path: hash_ for path, hash_ in undisturbed.outputs.items() if f"_{verb}/" in path}
    assert expected == pipeline.outputs(verb)
    forget(pipeline, verb)
    while kills < KILLS[verb]:
        before = pipeline.results(verb)
        moment = random.uniform(0.05, 1) * undisturbed.seconds[verb]
        if not killed(pipeline, verb, moment, group=bool(kills % 2)):
            # It got through first: from the start again.
            assert pipeline.outputs(verb) == expected
            forget(pipeline, verb)
            continue
        kills += 1
        after = pipeline.results(verb)
        # What was done is still there and was not done again.
        assert before.items() <= after.items()
    done = pipeline.results(verb)
    pipeline.run(verb)
    assert done.items() <= pipeline.results(verb).items()
    assert pipeline.outputs() == undisturbed.outputs


def killed(pipeline: Pipeline, verb: str, moment: float, *, group: bool) -> bool:
    """Run a stage, and kill it after so many seconds; tell whether it was still running."""
    process = pipeline.start(verb)
    for _ in waiting(moment):
        if process.poll() is not None:
            break
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL) if group else process.kill()
    error = process.communicate()[1]
    assert running or not process.returncode, error
    pipeline.wait_until_alone()
    return running


def waiting(seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(0.01)
        yield


def forget(pipeline: Pipeline, verb: str) -> None:
    """Remove a stage's results; its outputs too, as DVC does before a run."""
    shutil.rmtree(pipeline.cache / verb, ignore_errors=True)
    for folder in pipeline.folder.glob(f"data/[1-9]?_{verb}"):
        shutil.rmtree(folder)
