"""A training as one of several processes runs it, each with an output and a work cache of its own to be looked at."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from train.training import run

from unmask.train.data import Crops, Packed


def main(folder: Path, recipe: Path) -> None:
    rank = os.environ["RANK"]
    os.environ["UNMASK_CACHE"] = str(folder / f"cache{rank}")
    os.environ["UNMASK_CHECKPOINT_SECONDS"] = "0"
    os.environ["UNMASK_TRACKERS_DIR"] = str(folder / f"tracking{rank}")
    asked: list[tuple[int, int]] = []
    read = Crops.__getitems__

    def watched(self: Crops, keys: Sequence[tuple[int, int]]) -> Packed:
        asked.extend(keys)
        return read(self, keys)

    Crops.__getitems__ = watched  # type: ignore[method-assign]
    run(folder, recipe, f"out{rank}")
    (folder / f"asked{rank}.json").write_text(json.dumps(asked))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
