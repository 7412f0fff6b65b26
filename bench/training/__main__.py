"""Measure a step of training beside a bare loop, the loader beside a tight loop, and memory over epochs; write docs.

    PYTHONPATH=tests python -m bench.training --write docs/training-speed.md

Contenders take turns in one process, in reversed order every other time; it wants the machine to itself.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch
from bench import docs
from bench.training import loading, memory, step
from bench.training.material import PICTURES, Kept, recipe, write
from bench.training.page import Results, tables

from unmask.errors import UnmaskError
from unmask.train.recipe import load

PART = "training"
RECIPE = Path("recipes/mobile_demo.yaml")
# What is trained: backbone and precision.
TRAINED = (("mobilenetv3_small_100", "fp32"), ("convnext_atto", "fp32"), ("convnext_atto", "bf16"))
# Sides of crops that are loaded: as params.yaml has it, and the size that most recipes for large corpora take.
LOADED = (128, 256)
WORKERS = (1, 2)


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        trained: Backbones and precisions.
        side: Of the crops of a step, in pixels.
        batch: Crops of a step and of a batch.
        steps: Steps of a turn.
        loaded: Sides of the crops that are loaded, in pixels.
        crops: Crops of a turn of the loader.
        turns: How many, behind one that warms up.
        epochs: Of the training whose memory is looked at.
    """

    trained: tuple[tuple[str, str], ...]
    side: int
    batch: int
    steps: int
    loaded: tuple[int, ...]
    crops: int
    turns: int
    epochs: int


FULL = Scale(TRAINED, 128, 32, 8, LOADED, 2048, 25, 12)


def measured(scale: Scale) -> str:
    """Measure everything; give Markdown."""
    steps, loads = {}, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = write(folder / "steps", scale.side, PICTURES["PNG"], scale.steps * scale.batch)
        for side in scale.loaded:
            for title, picture in PICTURES.items():
                crops = write(folder / f"{title}{side}", side, picture, scale.crops)
                for workers in WORKERS:
                    about = f"{title}, {side} x {side}, {crops.bytes_each / 1000:.1f} kB"
                    _say(f"loader: {about}, {workers} workers")
                    loads[about, workers] = loading.measure(crops, scale.batch, workers, scale.turns)
        sizes = _memory(kept, scale)
        for backbone, precision in scale.trained:
            _say(f"step: {backbone}, {precision}")
            plan = recipe(RECIPE, backbone, scale.side, scale.batch, precision)
            steps[f"`{backbone}`, {precision}"] = step.measure(plan, kept, scale.turns)
    words = (
        f"A step has {scale.batch} crops of {scale.side} x {scale.side} pixels. Medians over {scale.turns} turns of "
        f"{scale.steps} steps or {scale.crops:,} crops; ratios are medians of those within a turn, as a machine "
        "changes its pace, in parentheses their quartiles. The first losses, of the bare loop and of ours: "
        f"{_losses(list(steps.values()))}."
    )
    return tables(Results(steps, loads, sizes, words))


def _memory(kept: Kept, scale: Scale) -> list[float]:
    _say("memory")
    plan = load(RECIPE)
    small = {"batch": scale.batch}
    plan = plan.model_copy(update={"train": plan.train.model_copy(update=small)})
    return memory.measure(plan, kept, scale.epochs, max(WORKERS))


def _losses(found: list[step.Took]) -> str:
    return ", ".join(" and ".join(f"{loss:.6f}" for loss in one.losses) for one in found)


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    docs.add_write(parser, PART)
    arguments = parser.parse_args()
    # Only what decodes; a training sets its threads itself.
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    docs.tell(measured(FULL), PART, arguments.write)


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
