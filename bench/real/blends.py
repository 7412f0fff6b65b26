"""Whether a network has learned what it was taught: blends of people whom it has not seen, against what they are of."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from unmask.predict.model import Detector
from unmask.sbi.training import Blending, blendable, placed
from unmask.train.data import crop_of, read_manifest

FILE = "blends.json"
# Of the tested real faces in the manifest's order, one of so many is blended.
EVERY = 4
# Training counts epochs from 1.
EPOCH = 0


def ask(tested: Path, shards: Path, out: Path) -> None:
    """Score real faces of the tested people, and a blend of each.

    Args:
        tested: Manifest of the tested videos.
        shards: Folder with a folder of crop shards for each corpus.
        out: Folder with `model`; gets blends.json, the logits of both.
    """
    detector = Detector.load(out / "model")
    assert detector.recipe.blend != "none"
    blending = Blending(detector.recipe.blend, detector.recipe.seed)
    table, _ = placed(blendable(read_manifest(tested, both=False), tested), tested, shards)
    rows = table.to_pylist()[::EVERY]
    pairs = [blending(torch.from_numpy(crop_of(shards, row)).permute(2, 0, 1), row, EPOCH) for row in rows]
    scores = {
        name: detector.logits(np.stack([one.permute(1, 2, 0).numpy() for one in some])).tolist()
        for name, some in zip(("real", "fake"), zip(*pairs, strict=True), strict=True)
    }
    (out / FILE).write_text(json.dumps(scores), encoding="utf-8")


def measure(folders: Sequence[Path]) -> float:
    """Give the AUC of blends against what they are of, face by face: the mean over folds."""
    found = []
    for folder in folders:
        scores = json.loads((folder / FILE).read_text(encoding="utf-8"))
        labels = np.repeat([0, 1], [len(scores["real"]), len(scores["fake"])])
        found.append(roc_auc_score(labels, scores["real"] + scores["fake"]))
    return float(np.mean(found))
