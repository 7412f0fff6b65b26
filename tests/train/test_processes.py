"""Two processes on CPUs, by `accelerate launch`, learn what one learns; each sees its half of every batch."""

import json
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from toy_faces import write_recipe
from train.training import ROOT, environment, run

from unmask.errors import ParamsError
from unmask.train.machines import accelerator
from unmask.train.recipe import load

# Its norms look at one crop at a time. Those of batches see, on CPUs, the half batch of their process alone.
RECIPE: dict[str, Any] = {
    "model__backbone": "test_convnext", "model__drop_rate": 0.0, "train__epochs": 2, "train__ema": 0.5,
    "train__sampling": {"name": "balanced", "crops": "all"},
}  # fmt: skip


def launch(folder: Path, recipe: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    accelerate = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2"]
    accelerate += ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no", f"--main_process_port={port}"]
    # `accelerate launch --cpu` starts one process of each machine; so it is told of two, and that they are CPUs.
    variables = environment(ACCELERATE_USE_CPU="true", PYTHONPATH=f"{ROOT / 'src'}:{ROOT / 'tests'}")
    script = [str(ROOT / "tests" / "train" / "several.py"), str(folder), str(recipe)]
    done = subprocess.run([*accelerate, *script], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_two_processes_learn_what_one_learns(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", **RECIPE)
    launch(toy, recipe)
    run(toy, recipe, "out")
    for name in ("loss", "val_loss"):
        curves = [numbers(toy / out / "curves" / f"{name}.tsv") for out in ("out", "out0")]
        assert curves[0] == pytest.approx(curves[1], rel=1e-4), name
    one, two = (load_file(toy / out / "model.safetensors") for out in ("out", "out0"))
    assert one.keys() == two.keys()
    for name in one:
        torch.testing.assert_close(one[name], two[name], atol=2e-4, rtol=1e-3)
    # The first process alone writes.
    assert not (toy / "out1").exists()
    assert not (toy / "cache1").exists()
    # Nobody sees what the other sees, in learning (epochs from 1) and in judging.
    asked = [Counter(map(tuple, json.loads((toy / f"asked{rank}.json").read_text()))) for rank in (0, 1)]
    assert not asked[0].keys() & asked[1].keys()
    seen = [Counter(epoch for epoch, _ in one.elements()) for one in asked]
    assert seen == [{0: 32, 1: 32, 2: 32}] * 2  # two halves of 64 crops in each epoch; of 32 crops, judged twice
    assert {row for one in asked for epoch, row in one if epoch == 1} == set(range(64))


def numbers(path: Path) -> list[float]:
    return [float(line.split("\t")[1]) for line in path.read_text().splitlines()[1:]]


def test_batch_that_cannot_be_shared_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = load(write_recipe(tmp_path / "r.yaml", train__batch=9)).train
    found = SimpleNamespace(num_processes=2, gradient_accumulation_steps=1)
    monkeypatch.setattr("unmask.train.machines.Accelerator", lambda **options: found)
    with pytest.raises(ParamsError, match=r"`train.batch` \(9\) cannot be shared among 2 processes alike"):
        accelerator(part, 1)
    # A pair of a blend is never parted.
    pairs = part.model_copy(update={"batch": 10})
    accelerator(pairs, 1)
    with pytest.raises(ParamsError, match=r"`train.batch` \(10\) cannot be shared among 2 processes in pairs alike"):
        accelerator(pairs, 2)


def test_gathered_gradients_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4")
    with pytest.raises(ParamsError, match="accelerate is told to gather the gradients of several steps"):
        accelerator(load(write_recipe(tmp_path / "r.yaml")).train, 1)
