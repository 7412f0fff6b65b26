"""Evaluate: everything is reported for every corpus and method, with thresholds that are carried over."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import score_tables
from evaluating import PARAMS, run, same_files
from sklearn.metrics import accuracy_score, roc_auc_score

from unmask.errors import DataError
from unmask.evaluate import bootstrap, curves, results
from unmask.evaluate.step import evaluate
from unmask.evaluate.tables import VIDEOS


def test_everything_is_reported_for_every_corpus_and_method(tmp_path: Path) -> None:
    found = run(tmp_path, score_tables.corpora(1))
    table = pd.DataFrame(VIDEOS.rows(tmp_path / "recipe"))
    assert {name: corpus.within for name, corpus in found.corpora.items()} == {"seen": True, "unseen": False}
    for name, corpus in found.corpora.items():
        own = table[table["corpus"] == name]
        scored = own.dropna(subset="logit")
        assert corpus.coverage.videos == len(own) == 120
        assert corpus.coverage.missing == {"no_face": 120 - len(scored)}
        assert corpus.video.reals + corpus.video.fakes == corpus.coverage.scored == len(scored)
        assert corpus.video.auc.value == round(roc_auc_score(scored["label"], scored["logit"]), 4)
        assert corpus.video.accuracy.value == round(accuracy_score(scored["label"], scored["decision"].astype(int)), 4)
        assert corpus.costs["youden"].accuracy == corpus.video.accuracy.value
        assert corpus.costs["youden"].tpr == corpus.video.tpr.value
        for method, part in corpus.methods.items():
            some = scored[scored["method"].isin(["", method])]
            assert part.video.auc.value == round(roc_auc_score(some["label"], some["logit"]), 4)
            assert part.video.reals == corpus.video.reals
            assert part.coverage.videos == 40
        assert list(corpus.methods) == ["easy", "hard"]


def test_frame_level_counts_faces(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    found = run(tmp_path, rows).corpora["unseen"].frame
    own = pd.DataFrame([row for row in rows if row["corpus"] == "unseen" and row["logit"] is not None])
    assert found.auc.value == round(roc_auc_score(own["label"], own["logit"].astype(np.float32)), 4)
    assert found.reals + found.fakes == len(own)


def test_thresholds_are_carried_and_not_fitted_again(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    shifted = [row | {"logit": row["logit"] + 100} if row["split"] == "test" and row["logit"] is not None else row
               for row in rows]  # fmt: skip
    before, after = run(tmp_path / "a", rows), run(tmp_path / "b", shifted)
    assert after.points == before.points
    assert after.corpora["seen"].video.auc == before.corpora["seen"].video.auc
    assert (after.corpora["seen"].video.tpr.value, after.corpora["seen"].video.fpr.value) == (1.0, 1.0)


def test_validation_scores_are_not_measured(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    run(tmp_path / "a", rows)
    others = [row for row in rows if row["split"] == "test"]
    scores = score_tables.write(others, tmp_path / "b" / "scores")
    model = tmp_path / "a" / "model"
    points, out = tmp_path / "a" / "points", tmp_path / "b" / "recipe"
    evaluate(scores, tmp_path / "probes", points, model, out, tmp_path / "b" / "metrics", PARAMS)
    same_files(tmp_path / "a" / "recipe", tmp_path / "b" / "recipe")


def test_a_corpus_of_fakes_alone_gives_null_and_the_same_keys(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    found = run(tmp_path, [row for row in rows if row["corpus"] == "seen" or row["label"] == 1])
    assert found.corpora["unseen"].video.auc.value is None
    assert found.corpora["unseen"].costs["youden"].fpr is None
    short = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "metrics").iterdir()}
    assert short["unseen"].keys() == short["seen"].keys()
    assert short["unseen"]["auc"] == {"value": None, "low": None, "high": None}
    assert {name: len(part) > 0 for name, part in curves.read(tmp_path / "recipe" / curves.ROC).items()} == {
        "seen": True,
        "unseen": False,
    }


def test_fakes_without_a_method_have_a_name(tmp_path: Path) -> None:
    rows = [row | {"method": ""} if row["method"] == "hard" else row for row in score_tables.corpora(1)]
    found = run(tmp_path, rows).corpora["unseen"]
    assert {name: part.coverage.videos for name, part in found.methods.items()} == {"unnamed": 40, "easy": 40}
    assert found.methods["easy"].video.fakes < found.video.fakes


def test_short_metrics_are_few_rounded_and_the_same_numbers(tmp_path: Path) -> None:
    found = run(tmp_path, score_tables.corpora(1))
    short = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "metrics").iterdir()}
    flat: list[Any] = [
        v for c in short.values() for x in c.values() for v in (x.values() if isinstance(x, dict) else [x])
    ]
    assert len(flat) == 8 * len(found.corpora)
    assert all(value == round(value, 4) for value in flat)
    assert short["unseen"]["auc"] == found.corpora["unseen"].video.auc.model_dump()


def test_same_bytes_twice_and_same_draws_for_every_recipe(tmp_path: Path) -> None:
    run(tmp_path / "a", score_tables.corpora(1))
    run(tmp_path / "b", list(reversed(score_tables.corpora(1))))
    same_files(tmp_path / "a" / "recipe", tmp_path / "b" / "recipe")
    counts = [bootstrap.draw(["b", "a", "c"], name, PARAMS)[0] for name in ("x", "x", "y")]
    assert (counts[0] == counts[1]).all()
    assert (counts[0] != counts[2]).any()


def test_a_corpus_more_changes_no_other_number(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    both = run(tmp_path / "a", rows)
    one = run(tmp_path / "b", [row for row in rows if row["corpus"] == "seen"])
    assert one.corpora["seen"] == both.corpora["seen"]


def test_a_corpus_that_only_validated_counts_as_seen_and_a_model_must_say_what_it_saw(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    run(tmp_path / "a", rows)
    (tmp_path / "a/model/summary.json").write_text('{"corpora": ["unseen"]}')
    scores, points, model = (tmp_path / "a" / name for name in ("scores", "points", "model"))
    evaluate(scores, tmp_path / "probes", points, model, tmp_path / "b/recipe", tmp_path / "b/metrics", PARAMS)
    assert {name: corpus.within for name, corpus in results.read(tmp_path / "b/recipe").corpora.items()} == {
        "seen": True,  # its videos chose the threshold
        "unseen": True,
    }
    (model / "summary.json").write_text("{}")
    with pytest.raises(DataError, match="does not say which corpora were trained on"):
        evaluate(scores, tmp_path / "probes", points, model, tmp_path / "c/recipe", tmp_path / "c/metrics", PARAMS)
