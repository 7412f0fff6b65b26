"""Trains in a process of its own and tells, after each epoch, how much memory it and its workers have written to."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from train.training import run

from unmask.train import data
from unmask.train.curves import Curves


def written(process: int) -> int:
    """Give the bytes that a process has written to, pages that it shares counted by its part in them.

    Pages of files on a disk, as those of libraries, are left out: the part in them falls with every other program that
    opens the same library, and the kernel drops them when it likes.
    """
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    sizes = {name: int(size.split()[0]) << 10 for name, _, size in (line.partition(":") for line in lines)}
    return sizes["Pss_Anon"] + sizes["Pss_Shmem"] + sizes["SwapPss"]


def main(folder: Path, recipe: Path) -> None:
    data.MEMORY = 0
    os.environ["UNMASK_WORKERS"] = "1"
    used, add = [], Curves.add

    def measured(self: Curves, epoch: int, numbers: Mapping[str, float]) -> None:
        add(self, epoch, numbers)
        here = psutil.Process()
        used.append(sum(written(one.pid) for one in (here, *here.children(recursive=True))))

    Curves.add = measured  # type: ignore[method-assign]
    run(folder, recipe, "out")
    (folder / "used.json").write_text(json.dumps(used))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
