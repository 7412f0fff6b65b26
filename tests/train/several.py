"""A training as one of several processes runs it, each with an output and a work cache of its own to be looked at."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from train.training import run

from unmask.train.data import Crops, Keys, Packed


def main(folder: Path, recipe: Path) -> None:
    rank = os.environ["RANK"]
    os.environ["UNMASK_CACHE"] = str(folder / f"cache{rank}")
    os.environ["UNMASK_CHECKPOINT_SECONDS"] = "0"
    os.environ["UNMASK_TRACKERS_DIR"] = str(folder / f"tracking{rank}")
    asked: list[tuple[int, int]] = []
    read = Crops.__getitems__

    def watched(self: Crops, keys: Keys, *place: Any) -> Packed:
        asked.extend(keys)
        return read(self, keys, *place)

    Crops.__getitems__ = watched  # type: ignore[assignment,method-assign]
    run(folder, recipe, f"out{rank}")
    (folder / f"asked{rank}.json").write_text(json.dumps(asked))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
