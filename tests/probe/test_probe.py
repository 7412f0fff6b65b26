"""The step: every head is a detector like any other, learned from training videos alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from probe.probing import HEADS, logits, predicted, run, section
from toy_faces import write_recipe

from unmask.evaluate.params import Params as EvaluateParams
from unmask.evaluate.step import evaluate
from unmask.predict.tables import SCORES
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted
from unmask.probe.heads import gru, knn, logistic, lstm, svm, transformer
from unmask.report.runs import read as read_run
from unmask.split.tables import MANIFEST
from unmask.systems import evaluated, heads, place
from unmask.tune.params import Params as TuneParams
from unmask.tune.step import tune


def test_every_head_writes_what_predict_writes(toy: Path) -> None:
    out, wanted = run(toy, "out"), SCORES.rows(predicted(toy))
    assert sorted(path.name for path in out.iterdir()) == ["embedded", "heads", "points.parquet"]
    assert heads(out) == sorted(f"toy+{name}" for name in HEADS)
    for name in HEADS:
        rows = SCORES.rows(out / "heads" / f"toy+{name}")
        bare = [row | {"logit": row["logit"] is None} for row in wanted]
        assert [row | {"logit": row["logit"] is None} for row in rows] == bare
        assert all(np.isfinite(row["logit"]) for row in rows if row["logit"] is not None)


def test_mean_is_the_detector_itself(toy: Path) -> None:
    out = run(toy, "out")
    assert (out / "heads" / "toy+mean" / "scores.parquet").read_bytes() == (
        predicted(toy) / "scores.parquet"
    ).read_bytes()


def test_sequences_give_each_face_the_score_of_its_track(toy: Path) -> None:
    out = run(toy, "out")
    for name in ("gru", "lstm", "transformer"):
        per_video: dict[str, set[float | None]] = {}
        for (video, _, _), logit in logits(out / "heads" / f"toy+{name}").items():
            per_video.setdefault(video, set()).add(logit)
        assert {len(found) for found in per_video.values()} == {1}


def test_tune_evaluate_and_report_take_a_head_like_any_detector(toy: Path) -> None:
    probed, scores = run(toy, "out"), predicted(toy)
    head = probed / "heads" / "toy+gru"
    tune(scores, probed, toy / "points", TuneParams(rule="youden", aggregation="mean_logit"))
    params = EvaluateParams(seed=1, draws=100, confidence=0.9)
    evaluate(scores, probed, toy / "points", head, toy / "evaluated" / "toy", toy / "metrics", params)
    assert evaluated(toy / "evaluated", ["toy"]) == ["toy", *heads(probed)]
    found = json.loads((place(toy / "evaluated", "toy+gru") / "metrics.json").read_text())
    assert found["recipe"] == "toy+gru"
    assert found["corpora"]["toy"]["within"]
    assert found["corpora"]["toy"]["coverage"]["videos"] == 9
    ran = read_run(head)
    assert set(ran.curves) == {"loss", "val_loss", "val_auc"}
    assert len(ran.curves["loss"]) == ran.summary["epochs"]
    kept = ran.curves["val_auc"]["value"][ran.summary["best_epoch"] - 1]
    assert ran.summary["val_auc"] == pytest.approx(kept, abs=1e-3)
    assert read_run(run(toy, "out") / "heads" / "toy+knn").curves == {}


def test_planted_signal_is_found_by_every_head(toy: Path) -> None:
    # Random features of a random network still tell a bright square from none.
    out = run(toy, "out")
    for name in HEADS:
        if name != "mean":
            assert json.loads((out / "heads" / f"toy+{name}" / "summary.json").read_text())["val_auc"] >= 0.9, name


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Faces, Faces]]:
    """Note what every head learns from and is judged by."""
    seen: list[tuple[str, Faces, Faces]] = []
    for module in (knn, svm, logistic, gru, lstm, transformer):
        original = module.fit

        def noted(learned: Faces, judged: Faces, choice: Choice, seed: int, original: Any = original) -> Fitted:
            seen.append((original.__module__.rpartition(".")[2], learned, judged))
            fitted: Fitted = original(learned, judged, choice, seed)
            return fitted

        monkeypatch.setattr(module, "fit", noted)
    return seen


def test_no_video_of_validation_or_test_is_learned_from(toy: Path, spy: list[tuple[str, Faces, Faces]]) -> None:
    run(toy, "out")
    assert {name for name, _, _ in spy} == HEADS.keys() - {"mean"}
    assert len(spy) == 2 + 2 + 2 + 3  # every setting that is tried
    keys = {
        name: {row["video"] for row in MANIFEST.rows(toy / f"{name}.parquet") if row["status"] == "ok"}
        for name in ("train", "val")
    }
    for _, learned, judged in spy:
        assert len(learned) == 8 * 4
        assert len(judged) == 8 * 4
        assert set(learned.videos) == keys["train"]
        assert set(judged.videos) == keys["val"]


def test_labels_of_validation_and_test_change_no_score_where_nothing_is_chosen(toy: Path) -> None:
    heads = {"knn": HEADS["knn"] | {"neighbours": [5]}, "logistic": HEADS["logistic"] | {"c": [1.0]}}
    write_recipe(toy / "toy.yaml", probes=section(heads=heads))
    plain = run(toy, "plain")
    for name in ("val", "test"):
        rows = MANIFEST.rows(toy / f"{name}.parquet")
        MANIFEST.write([row | {"label": 1 - row["label"]} for row in rows], toy / f"{name}.parquet")
    turned = run(toy, "turned")
    for name in heads:
        assert logits(turned / "heads" / f"toy+{name}") == logits(plain / "heads" / f"toy+{name}")


def test_heads_on_single_faces_learn_from_as_many_as_asked(toy: Path, spy: list[tuple[str, Faces, Faces]]) -> None:
    write_recipe(toy / "toy.yaml", probes=section(faces_per_video=3))
    run(toy, "out")
    assert {name: len(learned) for name, learned, _ in spy} == dict.fromkeys(("knn", "svm", "logistic"), 24) | (
        dict.fromkeys(("gru", "lstm", "transformer"), 32)
    )
    assert all(len(judged) == 32 for _, _, judged in spy)
