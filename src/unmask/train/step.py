"""Train a recipe's network; keep the epoch that is best on the validation split, or the last one."""

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import torch
from safetensors.torch import save

from unmask import code
from unmask.augment.part import compare, never_by_label
from unmask.augment.policy import Policies
from unmask.errors import DataError, warn
from unmask.hashing import digest, file_sha256
from unmask.model.freeze import held_at_random
from unmask.train import tracking
from unmask.train.checkpoint import Checkpoint, State, copy_of
from unmask.train.curves import Curves
from unmask.train.data import Crops, read_manifest
from unmask.train.recipe import Recipe, dump, load, modules
from unmask.train.trainer import Trainer
from unmask.train.validate import ALWAYS, better, column


def train(recipe: Path, train: Path, val: Path, crops: Path, out: Path) -> None:
    """Train a recipe's network and keep the epoch that is best on the validation split.

    A run that was killed goes on from its last checkpoint, also in the middle of an epoch, and ends in the same bytes.

    Args:
        recipe: The recipe, a YAML file.
        train: Manifest of the training split.
        val: Manifest of the validation split; it alone chooses the epoch, if `train.select` lets it.
        crops: Folder with a folder of crop shards for each corpus.
        out: Gets model.safetensors, recipe.yaml, summary.json and curves/.

    Raises:
        ParamsError: The recipe is wrong, or asks for what this machine or timm does not have.
        DataError: A manifest holds one class, a crop is not the manifest's, or the loss is no longer a number.
        EngineError: A variable of the environment is wrong, or names a tracker that is not there.
    """
    fit(recipe, train, val, crops, out, lambda state: True, recipe.stem)


def fit(
    recipe: Path, train: Path, val: Path, crops: Path, out: Path, goes_on: Callable[[State], bool], name: str
) -> State:
    """Train as `train` does, for as long as somebody who watches wants.

    Args:
        recipe: As for `train`.
        train: As for `train`.
        val: As for `train`.
        crops: As for `train`.
        out: As for `train`.
        goes_on: Is asked before every epoch, and in a run that goes on after a kill, whether there shall be one more.
        name: What trackers call it; another training of that name is written over.

    Returns:
        Where the training ended.
    """
    try:
        return _fit(recipe, train, val, crops, out, goes_on, name)
    finally:
        gc.unfreeze()  # what the loaders froze: another training in this process would keep this one's network


def _fit(
    recipe: Path, train: Path, val: Path, crops: Path, out: Path, goes_on: Callable[[State], bool], name: str
) -> State:
    plan, told = load(recipe), tracking.chosen()
    # A blend makes fakes of the reals.
    tables = read_manifest(train, both=plan.blend == "none"), read_manifest(val)
    if plan.blend == "none":
        never_by_label(plan.augment, tables[0]["corpus"].to_pylist(), tables[0]["label"].to_pylist())
    learned, left_out = _learned(plan, tables[0], train, crops)
    trainer = Trainer(plan, learned, Crops(tables[1], crops, None))
    first = trainer.accelerator.is_main_process
    checkpoint = Checkpoint(identity(plan, train, val), writes=first)
    state = checkpoint.load()
    trainer.restore(state)
    trainer.accelerator.wait_for_everyone()  # before the first process writes another one
    with tracking.running(told if first else [], name, dump(plan)) as trackers:
        curves = Curves(out, state.history, trackers) if first else None
        if first:
            compare(plan.augment, tables[0]["corpus"].to_pylist())
            _begin(state, trainer, [left_out, held_at_random(plan.model)])
        while state.epoch < plan.train.epochs and state.epoch - state.best < plan.train.patience and goes_on(state):
            speed = _epoch(state, trainer, checkpoint)
            _note(state, trainer, plan)
            checkpoint.save(state)
            if curves:
                curves.add(state.epoch, state.history[-1])
                _say(state, plan, speed)
    if curves:
        curves.finish()
        _write(state, plan, sorted(set(learned.table["corpus"].to_pylist())), out)
    checkpoint.remove()
    trainer.accelerator.end_training()
    return state


def _learned(plan: Recipe, table: pa.Table, path: Path, folder: Path) -> tuple[Crops, str]:
    """Give the crops that are learned from: all, or the reals alone, each with a fake blended of it; and a warning."""
    policies = Policies(plan.augment, plan.seed)
    if plan.blend == "none":
        return Crops(table, folder, policies), ""
    # Not where nothing is blended: it brings libraries of its own.
    from unmask.sbi.training import Blending, blendable, placed

    rows, left_out = placed(blendable(table, path), path, folder)
    return Crops(rows, folder, policies, Blending(plan.blend, plan.seed)), left_out


def _epoch(state: State, trainer: Trainer, checkpoint: Checkpoint) -> float:
    """Learn and judge; give the pictures per second of learning."""
    started, done = time.monotonic(), state.step
    try:
        loss = trainer.learn(state, checkpoint)
        seconds = time.monotonic() - started
        numbers = {"loss": loss} | trainer.judge()
    except torch.OutOfMemoryError:
        raise DataError(
            "the GPU's memory is full; lower `train.batch`, `predict.batch` or `input.size`, or set "
            "`model.checkpointing: true`."
        ) from None
    state.history.append({name: round(value, 6) for name, value in numbers.items()})
    return trainer.faces * (1 - done / trainer.steps) / seconds


def _note(state: State, trainer: Trainer, plan: Recipe) -> None:
    """Take an epoch's network into the state."""
    before = state.history[state.best - 1] if state.best else None
    trainer.note(state)
    if better(state.history[-1], before, plan.train.select):
        state.best, state.best_model = state.epoch, copy_of(trainer.kept)


def _write(state: State, plan: Recipe, corpora: list[str], out: Path) -> None:
    (out / "model.safetensors").write_bytes(save({name: t.contiguous() for name, t in state.best_model.items()}))
    (out / "recipe.yaml").write_text(dump(plan), encoding="utf-8")
    best = {name: round(value, 4) for name, value in state.history[state.best - 1].items()}
    summary = {"best_epoch": state.best, "epochs": state.epoch, **best, "corpora": corpora}
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def identity(plan: Recipe, train: Path, val: Path) -> str:
    """Hash what a training's bytes depend on: recipe, manifests, weights and code."""
    version = code.version("unmask.train.step", *modules(plan))
    weights = Path(plan.model.weights)
    start = file_sha256(weights) if weights.is_file() else plan.model.weights
    return digest(version, dump(plan), file_sha256(train), file_sha256(val), start)


def _begin(state: State, trainer: Trainer, told: Sequence[str]) -> None:
    for said in filter(None, told):
        warn(said)
    sys.stderr.write(f"{trainer.groups}\n")
    if state.steps:
        there = f", after {state.step} steps of it" if state.step else ""
        sys.stderr.write(f"goes on in epoch {state.epoch + 1}{there}\n")


def _say(state: State, plan: Recipe, speed: float) -> None:
    now, name = state.history[-1], column(plan.train.select)
    more = "" if name in ALWAYS.values() else f", {name.replace('_', ' ')} {now[name]:.4f}"
    sys.stderr.write(
        f"epoch {state.epoch}/{plan.train.epochs}: loss {now['loss']:.4f}, val loss {now['val_loss']:.4f}, "
        f"val AUC {now['val_auc']:.4f}{more}{' (best)' if state.best == state.epoch else ''}, {speed:.0f} faces/s\n"
    )
