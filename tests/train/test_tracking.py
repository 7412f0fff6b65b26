"""Trackers: found by name, told every epoch also after a kill, and without any say in what is written."""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from toy_faces import write_recipe
from train.training import files_of, run

from unmask.errors import DataError, EngineError
from unmask.train import trackers
from unmask.train.tracking import chosen, running
from unmask.train.trainer import Trainer

# A tracker as somebody would add one: a file of its own.
NOTES = """
NEEDS = {"json": "never-needed"}


class Tracker:
    def __init__(self, run):
        run.folder.mkdir(parents=True, exist_ok=True)
        self.file = (run.folder / f"{run.name}.txt").open("w")
        self.file.write(f"seed {run.recipe.split()[1]}\\n")

    def add(self, epoch, numbers):
        self.file.write(f"{epoch} {sorted(numbers)}\\n")

    def finish(self, broke):
        self.file.write("broke off\\n" if broke else "done\\n")
        self.file.close()
"""
# Two that do not work: one cannot end, one cannot begin.
ENDLESS = """
NEEDS = {}


class Tracker:
    def __init__(self, run):
        self.folder = run.folder

    def finish(self, broke):
        self.folder.mkdir(exist_ok=True)
        (self.folder / "asked").write_text(f"{broke}")
        raise OSError("no network")
"""
STILLBORN = "NEEDS = {}\n\n\ndef Tracker(run):\n    raise OSError('no such host')\n"


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Add the tracker `notes`; give the folder that it writes to."""
    (tmp_path / "more").mkdir()
    for name, source in (("notes", NOTES), ("endless", ENDLESS), ("stillborn", STILLBORN)):
        (tmp_path / "more" / f"{name}.py").write_text(source)
        monkeypatch.delitem(sys.modules, f"{trackers.__name__}.{name}", raising=False)
    monkeypatch.setattr(trackers, "__path__", [*trackers.__path__, str(tmp_path / "more")])
    monkeypatch.setenv("UNMASK_TRACKERS_DIR", str(tmp_path / "told"))
    return tmp_path / "told"


def test_no_tracker_is_asked_for() -> None:
    assert chosen() == []


def test_tracker_is_told_all_and_changes_no_byte(toy: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    alone = files_of(run(toy, recipe, "alone"))
    monkeypatch.setenv("UNMASK_TRACKERS", "notes")
    judge, judged = Trainer.judge, []

    def dying(self: Trainer) -> dict[str, float]:
        judged.append(1)
        if len(judged) == 2:
            raise KeyboardInterrupt
        return judge(self)

    monkeypatch.setattr(Trainer, "judge", dying)
    with pytest.raises(KeyboardInterrupt):
        run(toy, recipe, "out")
    assert files_of(run(toy, recipe, "out")) == alone
    told = (notes / "toy.txt").read_text().splitlines()
    names = "['loss', 'val_auc', 'val_loss']"
    assert told == ["seed 3", f"1 {names}", f"2 {names}", "done"]


def test_unknown_tracker_is_one_error_before_training(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_TRACKERS", "tensorbord")
    with pytest.raises(EngineError, match="unknown tracker `tensorbord`; did you mean `tensorboard`"):
        run(toy, write_recipe(toy / "toy.yaml"), "out")
    monkeypatch.setenv("UNMASK_TRACKERS", "notebook")
    with pytest.raises(EngineError, match="unknown tracker `notebook`; there are: tensorboard, wandb"):
        run(toy, write_recipe(toy / "toy.yaml"), "out")
    assert not (toy / "out").exists()


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_missing_library_is_one_error_that_names_its_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Also where it is installed.
    monkeypatch.setattr("unmask.train.tracking.find_spec", lambda module: None)
    monkeypatch.setenv("UNMASK_TRACKERS", f" {name},{name} ")
    with pytest.raises(EngineError, match=f"`{name}` needs what is not installed; `pip install {name}` installs it"):
        chosen()
    monkeypatch.setattr("unmask.train.tracking.find_spec", lambda module: True)
    assert chosen() == [name]


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_holds_the_curve(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_TRACKERS", "tensorboard")
    monkeypatch.setenv("UNMASK_TRACKERS_DIR", str(toy / "told"))
    out = run(toy, write_recipe(toy / "toy.yaml", train__epochs=2), "out")
    library: Any = import_module("tensorboard.backend.event_processing.event_accumulator")
    found = library.EventAccumulator(str(toy / "told" / "tensorboard" / "toy"))
    found.Reload()
    curve = [float(line.split("\t")[1]) for line in (out / "curves" / "loss.tsv").read_text().splitlines()[1:]]
    assert [event.value for event in found.Scalars("loss")] == pytest.approx(curve)
    assert [event.step for event in found.Scalars("loss")] == [1, 2]


@pytest.mark.parametrize("how", ["diverges", "is interrupted"])
def test_trackers_end_with_a_training_that_breaks_off(
    toy: Path, notes: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__epochs=2)
    monkeypatch.setenv("UNMASK_TRACKERS", "notes")
    judge, judged = Trainer.judge, []

    def breaking(self: Trainer) -> dict[str, float]:
        judged.append(1)
        if len(judged) == 2:
            raise DataError("the loss is no number") if how == "diverges" else KeyboardInterrupt
        return judge(self)

    monkeypatch.setattr(Trainer, "judge", breaking)
    with pytest.raises((DataError, KeyboardInterrupt)):
        run(toy, recipe, "out")
    assert (notes / "toy.txt").read_text().splitlines()[1:] == [f"1 {['loss', 'val_auc', 'val_loss']}", "broke off"]
    # Nothing that a finished training writes.
    assert [path.name for path in (toy / "out").iterdir()] == ["live"]


def test_a_tracker_that_cannot_end_does_not_hide_why_a_training_did(notes: Path) -> None:
    with running(["endless"], "toy", "seed: 3"):
        pass
    assert not notes.exists()
    with pytest.raises(DataError, match="no number"), running(["endless", "notes"], "toy", "seed: 3"):
        raise DataError("the loss is no number")
    assert (notes / "asked").read_text() == "True"
    assert (notes / "toy.txt").read_text().endswith("broke off\n")


def test_a_tracker_that_cannot_begin_leaves_none_open(notes: Path) -> None:
    with pytest.raises(OSError, match="no such host"), running(["notes", "stillborn"], "toy", "seed: 3"):
        pytest.fail("it began")
    assert (notes / "toy.txt").read_text().endswith("broke off\n")


@pytest.mark.skipif(find_spec("wandb") is None, reason="wandb is not installed")
def test_wandb_writes_a_run_offline(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_TRACKERS", "wandb")
    monkeypatch.setenv("UNMASK_TRACKERS_DIR", str(toy / "told"))
    run(toy, write_recipe(toy / "toy.yaml", train__epochs=2), "out")
    assert list((toy / "told" / "wandb").glob("offline-run-*/run-*.wandb"))


@pytest.mark.skipif(find_spec("wandb") is None, reason="wandb is not installed")
def test_wandb_shows_a_training_that_breaks_off_as_failed(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_TRACKERS", "wandb")
    monkeypatch.setenv("UNMASK_TRACKERS_DIR", str(toy / "told"))

    def breaking(self: Trainer) -> dict[str, float]:
        raise DataError("the loss is no number")

    monkeypatch.setattr(Trainer, "judge", breaking)
    library: Any = import_module("wandb")
    finish, codes = library.Run.finish, []

    def noted(self: Any, exit_code: int | None = None, **others: Any) -> None:
        codes.append(exit_code)
        finish(self, exit_code, **others)

    monkeypatch.setattr(library.Run, "finish", noted)
    with pytest.raises(DataError):
        run(toy, write_recipe(toy / "toy.yaml", train__epochs=2), "out")
    assert (codes, library.run) == ([1], None)
