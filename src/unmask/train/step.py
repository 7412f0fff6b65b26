"""Train a recipe's network; keep the epoch that is best on validation videos."""

import json
import sys
import time
from pathlib import Path

from safetensors.torch import save

from unmask import code
from unmask.hashing import digest, file_sha256
from unmask.train.augmentation import Policy
from unmask.train.checkpoint import Checkpoint, State, copy_of
from unmask.train.curves import Curves
from unmask.train.data import Crops, read_manifest
from unmask.train.optimise import set_up_torch
from unmask.train.recipe import Recipe, dump, load, modules
from unmask.train.trainer import Trainer


def train(recipe: Path, train: Path, val: Path, crops: Path, out: Path) -> None:
    """Train a recipe's network and keep the epoch that is best on validation videos.

    A run that was killed goes on after the last epoch it finished and ends in the same bytes.

    Args:
        recipe: The recipe, a YAML file.
        train: Manifest of the training split.
        val: Manifest of the validation split; it alone chooses the epoch.
        crops: Folder with a folder of crop shards for each corpus.
        out: Gets model.safetensors, recipe.yaml, summary.json and curves/.

    Raises:
        ParamsError: The recipe is wrong, or asks for what this machine or timm does not have.
        DataError: A manifest holds one class, a crop is not the manifest's, or the loss is no longer a number.
    """
    plan = load(recipe)
    set_up_torch()
    tables = read_manifest(train), read_manifest(val)
    trainer = Trainer(plan, Crops(tables[0], crops, Policy(plan.augment, plan.seed)), Crops(tables[1], crops, None))
    checkpoint = Checkpoint(_name(plan, train, val))
    state = checkpoint.load()
    trainer.restore(state)
    first = trainer.accelerator.is_main_process
    curves = Curves(out, state.history) if first else None
    while state.epoch < plan.train.epochs and state.epoch - state.best < plan.train.patience:
        started = time.monotonic()
        loss = trainer.learn(state.epoch + 1)
        speed = trainer.faces / (time.monotonic() - started)
        auc, val_loss = trainer.judge()
        _note(state, trainer, {"loss": round(loss, 6), "val_loss": round(val_loss, 6), "val_auc": round(auc, 6)})
        if curves:
            checkpoint.save(state)
            curves.add(state.epoch, state.history[-1])
            _say(state, plan, speed)
    if curves:
        curves.finish()
        _write(state, plan, sorted(set(tables[0]["corpus"].to_pylist())), out)
        checkpoint.remove()


def _note(state: State, trainer: Trainer, numbers: dict[str, float]) -> None:
    """Take an epoch into the state; of two with equal AUC the one with the lower loss is better."""
    best = state.history[state.best - 1] if state.best else None
    state.history.append(numbers)
    state.model = copy_of(trainer.net)
    state.optimizer = trainer.optimizer.state_dict()
    state.scaler = trainer.accelerator.scaler.state_dict() if trainer.accelerator.scaler is not None else {}
    if best is None or (numbers["val_auc"], -numbers["val_loss"]) > (best["val_auc"], -best["val_loss"]):
        state.best, state.best_model = state.epoch, state.model


def _write(state: State, plan: Recipe, corpora: list[str], out: Path) -> None:
    (out / "model.safetensors").write_bytes(save({name: t.contiguous() for name, t in state.best_model.items()}))
    (out / "recipe.yaml").write_text(dump(plan), encoding="utf-8")
    best = {name: round(value, 4) for name, value in state.history[state.best - 1].items()}
    summary = {"best_epoch": state.best, "epochs": state.epoch, **best, "corpora": corpora}
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def _name(plan: Recipe, train: Path, val: Path) -> str:
    version = code.version("unmask.train.step", *modules(plan))
    weights = Path(plan.model.weights)
    start = file_sha256(weights) if weights.is_file() else plan.model.weights
    return digest(version, dump(plan), file_sha256(train), file_sha256(val), start)


def _say(state: State, plan: Recipe, speed: float) -> None:
    now = state.history[-1]
    sys.stderr.write(
        f"epoch {state.epoch}/{plan.train.epochs}: loss {now['loss']:.4f}, val loss {now['val_loss']:.4f}, "
        f"val AUC {now['val_auc']:.4f}{' (best)' if state.best == state.epoch else ''}, {speed:.0f} faces/s\n"
    )
