"""Invented scores, how their intervals are drawn, and a small plan, for the tests of the study."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from unmask.evaluate.params import Params

DRAWS = Params(seed=1, draws=4000, confidence=0.95)


def scores(seed: int, shift: float, clusters: int = 80, each: int = 1) -> pd.DataFrame:
    """Invent videos whose fakes score higher by `shift`; some of what makes a video hard is the same for all seeds."""
    label = np.arange(clusters) % 2
    hard = np.random.default_rng(0).normal(size=clusters)
    logit = hard + shift * label + np.random.default_rng(seed).normal(size=clusters)
    names = np.char.mod("%03d", np.arange(clusters))
    return pd.DataFrame(
        {
            "video": [f"v{name}{copy}" for copy in range(each) for name in names],
            "corpus": "a",
            "label": np.tile(label, each),
            "cluster": np.tile(names, each),
            "logit": np.tile(logit, each),
        }
    )


ARM: dict[str, Any] = {"recipe": "study", "params": {}, "change": {}, "heads": {}, "start": "none"}
PLAN: dict[str, Any] = {
    "name": "some",
    "seeds": [1, 2],
    "minutes": 5,
    "params": {"split.train_on": ["a"], "split.validate_on": ["a"]},
    "arms": {
        "base": ARM | {"heads": {"knn": {}}},
        "other": ARM | {"start": "base", "params": {"split.train_on": ["b"]}},
    },
    "grid": "none",
    "questions": [{"ask": "Is it?", "pairs": {"other": [["other", "base"]]}, "remark": "Who knows."}],
}


def written(tmp_path: Path, values: object) -> Path:
    """Write a plan."""
    path = tmp_path / "plan.yaml"
    YAML().dump(values, path)
    return path
