"""The step `evaluate` on invented scores."""

from pathlib import Path

import numpy as np
import score_tables

from unmask.evaluate import results
from unmask.evaluate.params import Params
from unmask.evaluate.results import Results
from unmask.evaluate.step import evaluate
from unmask.tune.params import Params as TuneParams
from unmask.tune.step import tune

PARAMS = Params(seed=1, draws=200, confidence=0.9)
TUNE = TuneParams(rule="youden", aggregation="mean_logit")


def invented(seed: int, count: int = 200, clusters: int = 25) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rng = np.random.default_rng(seed)
    labels = (rng.random(count) < 0.6).astype(np.int64)
    return np.round(rng.normal(labels, 1.0), 1), labels, [f"c{n}" for n in rng.integers(0, clusters, count)]


def same_files(first: Path, second: Path) -> None:
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert len(files) > 2
    for file in files:
        assert (first / file).read_bytes() == (second / file).read_bytes()


def run(folder: Path, rows: list[score_tables.Row], params: Params = PARAMS, name: str = "recipe") -> Results:
    scores = score_tables.write(rows, folder / "scores")
    tune(scores, folder / "probes", folder / "points", TUNE)
    model = score_tables.trained(folder / "model")
    evaluate(scores, folder / "probes", folder / "points", model, folder / name, folder / "metrics", params)
    return results.read(folder / name)
