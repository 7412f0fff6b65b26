"""Training repeats itself to the byte, also with workers and after kills in the middle of an epoch."""

import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_faces import write_recipe
from train.training import environment, files_of, run, words

from unmask.errors import EngineError
from unmask.train.checkpoint import Checkpoint, State
from unmask.train.trainer import Trainer

# Dropout and momentum are on already; with these, everything that has a state has one.
STATEFUL: dict[str, Any] = {"train__ema": 0.9, "train__sam": 0.05, "train__layer_decay": 0.9}
STEPS = 6  # of an epoch: 16 videos, 3 crops of each, 8 in a batch


class KilledError(Exception):
    """Stands for a kill."""


def test_two_runs_give_the_same_bytes(toy: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    assert files_of(run(toy, recipe, "one")) == files_of(run(toy, recipe, "two"))


def test_a_killed_process_resumes_to_the_same_bytes(toy: Path, work_cache: Path) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=8, train__patience=8, **STATEFUL)
    undisturbed = files_of(run(toy, recipe, "whole"))
    step = random.randrange(1, 8 * STEPS - 3)
    variables = environment(UNMASK_CHECKPOINT_SECONDS="0")
    process = subprocess.Popen(words(toy, recipe, "killed"), env=variables, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while steps_of(work_cache) < step and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, f"it ended before it was killed after step {step}"
    assert step <= steps_of(work_cache) < 8 * STEPS
    assert files_of(run(toy, recipe, "killed")) == undisturbed, f"killed after step {step}"


def steps_of(work_cache: Path) -> int:
    """Give the steps that the checkpoint has."""
    for path in work_cache.rglob("checkpoint.pt"):
        steps: int = torch.load(path, weights_only=True)["steps"]
        return steps
    return 0


@pytest.mark.parametrize(
    ("changes", "steps"),
    [({}, STEPS), (STATEFUL, STEPS), ({"train__batch": 20}, 3)],
    ids=["plain", "stateful", "last batch filled up"],
)
def test_a_kill_before_any_step_changes_nothing(
    toy: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], steps: int
) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2, **changes)
    undisturbed = files_of(run(toy, recipe, "whole"))
    monkeypatch.setenv("UNMASK_CHECKPOINT_SECONDS", "0")
    step = Trainer._step
    taken: list[int] = []

    def dying(self: Trainer, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        # Every run takes one step more than the others have saved, and dies in the next one.
        if len(taken) >= 1:
            taken.clear()
            raise KilledError
        taken.append(1)
        return step(self, batch)

    monkeypatch.setattr(Trainer, "_step", dying)
    kills = 0
    while True:
        try:
            assert files_of(run(toy, recipe, "killed")) == undisturbed
            break
        except KilledError:
            kills += 1
    assert kills == 2 * steps - 1


def test_a_kill_between_learning_and_judging_changes_nothing(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    undisturbed = files_of(run(toy, recipe, "whole"))
    monkeypatch.setenv("UNMASK_CHECKPOINT_SECONDS", "0")
    with monkeypatch.context() as broken:
        broken.setattr(Trainer, "judge", lambda self: (_ for _ in ()).throw(KilledError))
        for _ in range(2):
            with pytest.raises(KilledError):
                run(toy, recipe, "killed")
    assert files_of(run(toy, recipe, "killed")) == undisturbed


def test_what_goes_on_in_mid_epoch_says_so(
    toy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=1, train__warmup_epochs=0)
    monkeypatch.setenv("UNMASK_CHECKPOINT_SECONDS", "0")
    with monkeypatch.context() as broken:
        broken.setattr(Trainer, "judge", lambda self: (_ for _ in ()).throw(KilledError))
        with pytest.raises(KilledError):
            run(toy, recipe, "out")
    run(toy, recipe, "out")
    assert f"goes on in epoch 1, after {STEPS} steps of it" in capsys.readouterr().err


def test_checkpoint_of_another_recipe_is_not_taken(toy: Path, work_cache: Path) -> None:
    run(toy, write_recipe(toy / "toy.yaml", train__epochs=1), "one")
    place = Checkpoint("abc")
    place.save(State(history=[{"loss": 1.0}], best=1))
    assert Checkpoint("abc").load().epoch == 1
    assert Checkpoint("abd").load().epoch == 0
    place.remove()
    assert Checkpoint("abc").load().epoch == 0


def test_process_that_is_not_the_first_writes_nothing(work_cache: Path) -> None:
    Checkpoint("abc").save(State(best=3))
    other = Checkpoint("abc", writes=False)
    other.save(State(best=4))
    other.remove()
    assert other.load().best == 3
    assert not other.due


def test_checkpoint_is_due_after_so_many_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not Checkpoint("abc").due
    monkeypatch.setenv("UNMASK_CHECKPOINT_SECONDS", "0.05")
    place = Checkpoint("abc")
    assert not place.due
    time.sleep(0.06)
    assert place.due
    place.save(State())
    assert not place.due
    for wrong in ("often", "-1", "nan", "inf"):
        monkeypatch.setenv("UNMASK_CHECKPOINT_SECONDS", wrong)
        with pytest.raises(EngineError, match=f"_SECONDS is `{wrong}`; it must be a number of seconds"):
            Checkpoint("abc")
