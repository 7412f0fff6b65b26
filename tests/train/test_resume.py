"""Training repeats itself to the byte, also with workers and after a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from toy_faces import write_recipe
from train.training import ROOT, files_of, run

from unmask.train.checkpoint import Checkpoint, State


def test_two_runs_give_the_same_bytes(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    assert files_of(run(toy, recipe, "one")) == files_of(run(toy, recipe, "two"))


def test_crops_read_on_demand_by_workers_give_the_same_bytes(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    kept = files_of(run(toy, recipe, "kept"))
    monkeypatch.setattr("unmask.train.data.MEMORY", 0)
    monkeypatch.setenv("UNMASK_WORKERS", "2")
    assert files_of(run(toy, recipe, "read")) == kept


def test_a_killed_run_resumes_to_the_same_bytes(toy: Path, work_cache: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=8, train__patience=8)
    undisturbed = files_of(run(toy, recipe, "whole"))
    words = [
        sys.executable,
        str(ROOT / "stages" / "60_train.py"),
        "--recipe",
        str(recipe),
        "--out",
        str(toy / "killed"),
    ]
    words += [f"--{name}={toy / name}.parquet" for name in ("train", "val")] + [f"--crops={toy / 'shards'}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "UNMASK_THREADS": "1"}
    process = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(work_cache.rglob("*.pt")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it ended before it was killed"
    (checkpoint,) = work_cache.rglob("*.pt")
    done = len(torch.load(checkpoint, weights_only=True)["history"])
    assert 1 <= done < 8
    assert files_of(run(toy, recipe, "killed")) == undisturbed


def test_checkpoint_of_another_recipe_is_not_taken(toy: Path, work_cache: Path) -> None:
    run(toy, write_recipe(toy / "toy.yaml", train__epochs=1), "one")
    place = Checkpoint("abc")
    place.save(State(history=[{"loss": 1.0}], best=1))
    assert Checkpoint("abc").load().epoch == 1
    assert Checkpoint("abd").load().epoch == 0
    place.remove()
    assert Checkpoint("abc").load().epoch == 0
