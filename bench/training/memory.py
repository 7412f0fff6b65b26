"""What a training takes of memory, epoch by epoch: all of its processes, pages that they share counted once.

python -m bench.training.memory --recipe recipes/mobile_demo.yaml --folder crops

It is a command of its own, so that nothing else is in the memory that it measures.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]
from bench.training.loading import nothing_kept
from bench.training.material import Kept

from unmask.train import step
from unmask.train.curves import Curves
from unmask.train.recipe import Recipe, dump

MIB = 1 << 20


def used() -> int:
    """Give the bytes of this process and its children (proportional set size)."""
    here = psutil.Process()
    return sum(one.memory_full_info().pss for one in (here, *here.children(recursive=True)))


def measure(plan: Recipe, kept: Kept, epochs: int, workers: int) -> list[float]:
    """Train in a process of its own, every crop being read and decoded by workers, with checkpoints and validation.

    Args:
        plan: The recipe.
        kept: Crops, of training and of validation.
        epochs: How many.
        workers: How many.

    Returns:
        MiB after each epoch.
    """
    with tempfile.TemporaryDirectory() as folder:
        changed = plan.train.model_copy(update={"epochs": epochs, "patience": epochs})
        recipe = Path(folder, "recipe.yaml")
        recipe.write_text(dump(plan.model_copy(update={"train": changed})), encoding="utf-8")
        command = [sys.executable, "-m", "bench.training.memory", f"--recipe={recipe}", f"--folder={kept.folder}"]
        # The crops' makers lie among the tests.
        paths = os.pathsep.join(filter(None, sys.path))
        variables = {"UNMASK_WORKERS": str(workers), "UNMASK_CACHE": folder, "PYTHONPATH": paths}
        done = subprocess.run(command, env=os.environ | variables, stdout=subprocess.PIPE, check=True)
    return [size / MIB for size in json.loads(done.stdout)]


def growth(sizes: list[float]) -> float:
    """Give by how many MiB memory grows with an epoch: the slope over all epochs behind the first.

    Example:
        >>> round(growth([90.0, 100.0, 101.0, 102.0]), 6)
        1.0
    """
    return float(np.polyfit(range(len(sizes) - 1), sizes[1:], 1)[0])


def main() -> None:
    """Train; print the bytes after each epoch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="folder with manifest.parquet and shards")
    arguments = parser.parse_args()
    sizes: list[int] = []

    class Watching(Curves):
        """Curves that look at the memory whenever an epoch is over."""

        def add(self, epoch: int, numbers: object) -> None:
            """Look."""
            super().add(epoch, numbers)  # type: ignore[arg-type]
            sizes.append(used())

    step.Curves = Watching  # type: ignore[attr-defined]
    manifest = arguments.folder / "manifest.parquet"
    with nothing_kept(), tempfile.TemporaryDirectory() as out:
        step.train(arguments.recipe, manifest, manifest, arguments.folder / "shards", Path(out))
    sys.stdout.write(json.dumps(sizes))


if __name__ == "__main__":
    main()
