"""Selection: scores are those of scikit-learn, and the recipe names which one chooses the epoch."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score
from toy_faces import write_recipe
from train.training import run

from unmask.train.trainer import Trainer
from unmask.train.validate import SCORES, better, column


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    videos = [f"v{i}" for i in rng.integers(0, 40, 300)]
    labels = np.array([float(int(video[1:]) % 2) for video in videos])
    logits = rng.normal(labels, 2.0) - 0.4
    names = sorted(set(videos))
    means = np.array([np.mean([x for x, v in zip(logits, videos, strict=True) if v == name]) for name in names])
    truth = [int(name[1:]) % 2 for name in names]
    wanted = {
        "video_auc": roc_auc_score(truth, means),
        "video_ap": average_precision_score(truth, means),
        "video_accuracy": accuracy_score(truth, means > 0),
        "crop_auc": roc_auc_score(labels, logits),
    }
    assert {name: score(videos, labels, logits) for name, score in SCORES.items()} == pytest.approx(wanted)
    assert len(set(wanted.values())) == 4


def test_better_is_what_the_recipe_selects() -> None:
    before = {"val_loss": 0.5, "val_auc": 0.8, "val_video_ap": 0.7}
    assert better(before, None, "video_auc")
    assert better(before | {"val_auc": 0.81, "val_loss": 0.9}, before, "video_auc")
    assert not better(before | {"val_auc": 0.79, "val_loss": 0.1}, before, "video_auc")
    assert better(before | {"val_loss": 0.4}, before, "video_auc")  # of two alike, the lower loss
    assert not better(before, before, "video_auc")
    assert better(before | {"val_loss": 0.4, "val_auc": 0.1}, before, "loss")
    assert not better(before | {"val_loss": 0.6, "val_auc": 0.9}, before, "loss")
    assert better(before | {"val_video_ap": 0.8, "val_auc": 0.1}, before, "video_ap")
    assert better(before | {"val_loss": 0.6, "val_auc": 0.1}, before, "last")


@pytest.mark.parametrize("select", ["loss", "crop_auc"])
def test_selected_score_chooses_the_epoch(toy: Path, select: str) -> None:
    recipe = write_recipe(toy / "toy.yaml", train__select=select, train__lr=0.02, train__epochs=4)
    out = run(toy, recipe, "out")
    lines = (out / "curves" / f"{column(select)}.tsv").read_text().splitlines()[1:]
    curve = [float(line.split("\t")[1]) for line in lines]
    summary = json.loads((out / "summary.json").read_text())
    assert curve[summary["best_epoch"] - 1] == (min(curve) if select == "loss" else max(curve))
    names = {path.stem for path in (out / "curves").iterdir()}
    assert names == {"loss", "val_loss", "val_auc"} | {column(select)}


def test_last_epoch_is_kept_where_no_score_chooses(toy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge, scores = Trainer.judge, iter([0.9, 0.8, 0.7])
    monkeypatch.setattr(Trainer, "judge", lambda self: judge(self) | {"val_auc": next(scores)})
    recipe = write_recipe(toy / "toy.yaml", train__select="last", train__epochs=3, train__patience=1)
    summary = json.loads((run(toy, recipe, "out") / "summary.json").read_text())
    assert (summary["best_epoch"], summary["epochs"], summary["val_auc"]) == (3, 3, 0.7)
    assert {path.stem for path in (toy / "out/curves").iterdir()} == {"loss", "val_loss", "val_auc"}
