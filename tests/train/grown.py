"""Trains in a process of its own and tells what memory it and its workers take after each epoch."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from train.training import run

from unmask.train import data
from unmask.train.curves import Curves


def main(folder: Path, recipe: Path) -> None:
    data.MEMORY = 0
    os.environ["UNMASK_WORKERS"] = "1"
    used, add = [], Curves.add

    def measured(self: Curves, epoch: int, numbers: Mapping[str, float]) -> None:
        add(self, epoch, numbers)
        here = psutil.Process()
        used.append(sum(one.memory_full_info().pss for one in (here, *here.children(recursive=True))))

    Curves.add = measured  # type: ignore[method-assign]
    run(folder, recipe, "out")
    (folder / "used.json").write_text(json.dumps(used))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
