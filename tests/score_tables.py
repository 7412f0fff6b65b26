"""Invented scores for the tests of tune, evaluate and report: two corpora of which one was trained on."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from unmask.predict.tables import SCORES

Row = dict[str, Any]


def video(name: str, label: int, logits: Sequence[float], split: str = "test", **other: Any) -> list[Row]:
    """Give the rows of one video: a face for every logit, or one row without a face."""
    corpus, _, rest = name.partition("/")
    row: Row = {"video": name, "corpus": corpus, "label": label, "method": "swap" if label else "", "split": split,
                "cluster": f"{corpus}/{rest[:3]}", "track": 0, "status": "ok"} | other  # fmt: skip
    if not len(logits):
        return [row | {"status": "no_face", "frame": -1, "face": -1, "track": -1, "logit": None}]
    return [row | {"frame": number, "face": 0, "logit": float(logit)} for number, logit in enumerate(logits)]


def corpora(seed: int, people: int = 40, faces: int = 8) -> list[Row]:
    """Invent a corpus that was trained on (easy) and one that was not (hard), with two methods each."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    for corpus, gap in (("seen", 3.0), ("unseen", 1.0)):
        for split in ("val", "test") if corpus == "seen" else ("test",):
            for person in range(people):
                person_bias = rng.normal(0, 0.7)
                for number, method in enumerate(("", "easy", "hard")):
                    centre = (0.0, gap, gap * 0.6)[number] - gap / 2 + person_bias + rng.normal(0, 0.5)
                    count = 0 if rng.random() < 0.03 else faces
                    rows += video(f"{corpus}/{person:03d}_{split}_{number}", int(number > 0),
                                  rng.normal(centre, 1.0, count).tolist(), split, method=method)  # fmt: skip
    return rows


def trained(folder: Path) -> Path:
    """Leave what training says of itself: it has seen the corpus `seen`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps({"best_epoch": 2, "val_auc": 0.6, "corpora": ["seen"]}))
    return folder


def write(rows: Sequence[Row], folder: Path) -> Path:
    """Write rows as `scores.parquet`."""
    SCORES.write(rows, folder)
    return folder
