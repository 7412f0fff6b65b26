"""Split, train and predict for one fold of one try, in a process of its own.

    python bench/real/fold.py FOLDER DATA

FOLDER holds job.json (params and recipe) and gets manifests, model and scores; DATA is where the pipeline's crops are.
A training that was killed goes on.
"""

import json
import sys
import time
from pathlib import Path

from ruamel.yaml import YAML

from unmask.predict.step import predict
from unmask.split.params import Params
from unmask.split.step import split
from unmask.train.step import train


def main(out: Path, data: Path) -> None:
    """Do the fold."""
    params, recipe = json.loads((out / "job.json").read_text(encoding="utf-8"))
    YAML().dump(recipe, out / "recipe.yaml")
    (out / "kept.csv").write_text("identity,split\n", encoding="utf-8")
    learned, chosen, tested = (out / f"{name}.parquet" for name in ("train", "val", "test"))
    settings = Params.model_validate_json(json.dumps(params["split"]))
    crops, shards, audit = data / "40_crop/tables", data / "40_crop/shards", out / "split.json"
    corpora = params["corpora"]
    split(data / "10_index", crops, out / "kept.csv", learned, chosen, tested, audit, corpora, settings)
    started = time.monotonic()
    train(out / "recipe.yaml", learned, chosen, shards, out / "model")
    (out / "minutes").write_text(f"{(time.monotonic() - started) / 60:.2f}\n", encoding="utf-8")
    predict(out / "model", chosen, tested, shards, out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
