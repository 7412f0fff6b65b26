"""Split, train and predict for one fold of one try, in a process of its own.

    python -m bench.real.fold FOLDER DATA

FOLDER holds job.json (params and recipe) and gets manifests, model and scores; DATA is where the pipeline's crops are.
A training that was killed goes on.
"""

import json
import sys
import time
from pathlib import Path

from bench.real import blends
from ruamel.yaml import YAML

from unmask.predict.step import forward, key_of, write_scores
from unmask.split.params import Params
from unmask.split.step import split
from unmask.split.tables import MANIFEST
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
    # Nothing is chosen by it (`train.select: last`), so one face of each video will do.
    few = {row["video"]: row for row in MANIFEST.rows(chosen) if row["status"] == "ok"}
    MANIFEST.write(few.values(), out / "few.parquet")
    started = time.monotonic()
    train(out / "recipe.yaml", learned, out / "few.parquet", shards, out / "model")
    (out / "minutes").write_text(f"{(time.monotonic() - started) / 60:.2f}\n", encoding="utf-8")
    rows = [row | {"split": "test"} for row in MANIFEST.rows(tested)]
    logits = {key_of(one): one["logit"] for result in forward(out / "model", shards, rows) for one in result.rows}
    write_scores(rows, logits, out)
    blends.ask(tested, shards, out)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
