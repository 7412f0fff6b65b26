"""Evaluate: metrics against scikit-learn and closed forms, intervals against explicit resampling."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import score_tables
from sklearn.metrics import accuracy_score, average_precision_score, brier_score_loss, roc_auc_score, roc_curve

from unmask.errors import DataError
from unmask.evaluate import bootstrap, curves, ranking, results
from unmask.evaluate.metrics import Scores, measure
from unmask.evaluate.params import Params
from unmask.evaluate.results import Metrics, Results
from unmask.evaluate.step import evaluate
from unmask.evaluate.tables import VIDEOS
from unmask.tune.calibrate import sigmoid
from unmask.tune.params import Params as TuneParams
from unmask.tune.step import fit, tune

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
    tune(scores, folder / "points", TUNE)
    model = score_tables.trained(folder / "model")
    evaluate(scores, folder / "points", model, folder / name, folder / "metrics", params)
    return results.read(folder / name)


REFERENCES: dict[str, Callable[..., float]] = {"auc": roc_auc_score, "ap": average_precision_score}


@pytest.mark.parametrize("name", REFERENCES)
def test_weighted_metrics_equal_scikit_learn_on_resampled_data(name: str) -> None:
    scores, labels, clusters = invented(1)
    counts, place = bootstrap.draw(clusters, "x", PARAMS)
    ranked = ranking.rank(scores, labels)
    sums = ranking.sums(ranked, counts[:50][:, place[ranked.order]])
    found = {"auc": ranking.auc, "ap": ranking.average_precision}[name](sums)
    for drawn, value in zip(counts[:50], found, strict=True):
        rows = np.repeat(np.arange(len(scores)), drawn[place].astype(int))
        assert value == pytest.approx(REFERENCES[name](labels[rows], scores[rows]), abs=1e-12)


def test_tpr_at_fpr_equals_the_roc_curve() -> None:
    scores, labels, _ = invented(2, 500)
    fpr, tpr, _ = roc_curve(labels, scores, drop_intermediate=False)
    sums = ranking.sums(ranking.rank(scores, labels), np.ones((1, 500)))
    for limit in (0.0, 0.01, 0.1, 0.5):
        assert ranking.tpr_at_fpr(sums, limit)[0] == pytest.approx(tpr[fpr <= limit].max())


@pytest.mark.parametrize(
    ("scores", "labels", "truth"),
    [
        ([4, 3, 2, 1], [1, 1, 0, 0], 0.0),
        ([4, 3, 2, 1], [0, 0, 1, 1], 1.0),
        ([1, 1, 1, 1], [1, 0, 1, 0], 0.5),
        # From (0, 1/2) straight to (1/3, 1): crosses FPR = 1 - TPR at 1/5.
        ([3, 2, 2, 1, 1], [1, 1, 0, 0, 0], 0.2),
        # From (1/3, 1/3) up to (1/3, 2/3): a point of the curve itself.
        ([6, 5, 4, 3, 2, 1], [1, 0, 1, 0, 1, 0], 1 / 3),
    ],
)
def test_eer_of_known_sets(scores: list[int], labels: list[int], truth: float) -> None:
    ranked = ranking.rank(np.array(scores, dtype=float), np.array(labels))
    assert ranking.eer(ranking.sums(ranked, np.ones((1, len(scores)))))[0] == pytest.approx(truth)


def test_eer_of_two_normal_distributions() -> None:
    # d' = 2: the error where both tails are equal is Phi(-1).
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 100_000)
    sums = ranking.sums(ranking.rank(rng.normal(2.0 * labels, 1.0), labels), np.ones((1, len(labels))))
    assert ranking.eer(sums)[0] == pytest.approx(0.158655, abs=0.003)


def test_all_metrics_of_a_subset() -> None:
    scores, labels, clusters = invented(3)
    level = fit(*invented(4)[:2])
    found = measure(Scores("x", scores, labels, clusters), level, 0.25, PARAMS)
    probability, weights = (
        sigmoid(scores / level.temperature),
        np.where(labels == 1, 0.5 / labels.sum(), 0.5 / (1 - labels).sum()),
    )
    truth = {
        "auc": roc_auc_score(labels, scores),
        "ap": average_precision_score(labels, scores),
        "accuracy": accuracy_score(labels, scores >= 0.25),
        "brier": brier_score_loss(labels, probability, sample_weight=weights),
        "tpr": (scores[labels == 1] >= 0.25).mean(),
        "fpr": (scores[labels == 0] >= 0.25).mean(),
    }
    for name, value in truth.items():
        interval = getattr(found, name)
        assert interval.value == round(value, 4)
        assert interval.low < interval.value < interval.high
    bins = np.digitize(probability, np.linspace(0, 1, 11)[1:-1])
    ece = sum(abs((weights * (probability - labels))[bins == number].sum()) for number in range(10))
    assert found.ece == pytest.approx(ece, abs=1e-4)


def test_interval_equals_explicit_resampling_of_clusters() -> None:
    scores, labels, clusters = invented(5, 120, 15)
    params = Params(seed=3, draws=2000, confidence=0.9)
    found = measure(Scores("x", scores, labels, clusters), fit(scores, labels), 0.0, params).auc
    rng, names = np.random.default_rng(99), sorted(set(clusters))
    members = {name: np.flatnonzero(np.array(clusters) == name) for name in names}
    values = []
    for _ in range(800):
        rows = np.concatenate([members[name] for name in rng.choice(names, len(names))])
        values.append(roc_auc_score(labels[rows], scores[rows]))
    assert [found.low, found.high] == pytest.approx(np.quantile(values, [0.05, 0.95]), abs=0.015)


def test_interval_covers_the_truth_where_videos_of_a_person_are_alike() -> None:
    """Drawing single videos instead would give intervals that are far too narrow."""
    rng, hits, naive = np.random.default_rng(5), 0, 0
    truth = 0.7602  # Phi(1 / sqrt(2)): scores differ by 1 with a standard deviation of 1.
    params, rounds, people, each = Params(seed=1, draws=300, confidence=0.9), 120, 40, 10
    for _ in range(rounds):
        labels = np.repeat(rng.permutation([0, 1] * (people // 2)), each)
        person = np.repeat(rng.normal(0, np.sqrt(0.8), people), each)
        scores = labels + person + rng.normal(0, np.sqrt(0.2), people * each)
        for clusters, alone in ((np.repeat(np.arange(people), each), False), (np.arange(people * each), True)):
            counts, place = bootstrap.draw([str(c) for c in clusters], "x", params)
            ranked = ranking.rank(scores, labels)
            low, high = bootstrap.interval(ranking.auc(ranking.sums(ranked, counts[:, place[ranked.order]])), 0.9) or (
                1,
                0,
            )
            hits += (not alone) and low <= truth <= high
            naive += alone and low <= truth <= high
    assert 0.80 <= hits / rounds <= 0.97
    assert naive / rounds < 0.6


def test_one_class_gives_null_not_a_number() -> None:
    scores = Scores("x", np.array([1.0, 2.0, 3.0]), np.array([1, 1, 1]), ["a", "b", "c"])
    found = measure(scores, fit(np.array([0.0, 1.0]), np.array([0, 1])), 1.5, PARAMS)
    for name in ("auc", "ap", "eer", "tpr_at_fpr_1", "balanced_accuracy", "fpr", "brier"):
        assert getattr(found, name).model_dump() == {"value": None, "low": None, "high": None}
    assert found.ece is None
    assert (found.tpr.value, found.accuracy.value) == (0.6667, 0.6667)
    assert found.skipped == PARAMS.draws


def test_nothing_at_all_gives_null() -> None:
    empty = Scores("x", np.array([]), np.array([], dtype=np.int64), [])
    found = measure(empty, fit(np.array([0.0, 1.0]), np.array([0, 1])), 1.5, PARAMS)
    assert {getattr(found, name).value for name in Metrics.intervals()} == {None}


def test_draws_of_one_class_are_skipped_and_counted() -> None:
    # The only real is in one of three clusters: drawn in 1 - (2/3)^3 = 70 % of draws.
    scores = Scores("x", np.array([1.0, 2.0, 0.0]), np.array([1, 1, 0]), ["a", "b", "c"])
    found = measure(
        scores, fit(np.array([0.0, 1.0]), np.array([0, 1])), 1.5, Params(seed=1, draws=2000, confidence=0.9)
    )
    # One fake besides it is needed too.
    assert found.skipped / 2000 == pytest.approx((2 / 3) ** 3 + (1 / 3) ** 3, abs=0.03)
    assert found.auc.low == found.auc.high == 1.0


def test_a_single_cluster_has_no_interval() -> None:
    found = measure(Scores("x", *invented(1)[:2], ["a"] * 200), fit(*invented(1)[:2]), 0.0, PARAMS)
    assert found.auc.value is not None
    assert found.auc.low is found.auc.high is None


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
    evaluate(scores, tmp_path / "a" / "points", model, tmp_path / "b" / "recipe", tmp_path / "b" / "metrics", PARAMS)
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


def test_thin_roc_keeps_its_area_and_its_ends() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 5000)
    scores = rng.normal(labels, 1.0)
    curve = curves.roc(scores, labels)
    assert len(curve) <= curves.MOST_POINTS
    assert curve.iloc[0][["fpr", "tpr"]].tolist() == [0, 0]
    assert curve.iloc[-1][["fpr", "tpr"]].tolist() == [1, 1]
    assert np.trapezoid(curve["tpr"], curve["fpr"]) == pytest.approx(roc_auc_score(labels, scores), abs=2e-3)
    for _, tpr, threshold in curve.iloc[1:-1].to_numpy():
        assert (scores[labels == 1] >= threshold - 5e-5).mean() == pytest.approx(tpr, abs=2e-3)


def test_corners_are_all_that_a_small_roc_needs() -> None:
    curve = curves.roc(np.array([5.0, 4.0, 3.0, 2.0]), np.array([1, 1, 0, 0]))
    assert curve[["fpr", "tpr"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 1]]


def test_histogram_counts_every_video() -> None:
    counts = curves.histogram(np.array([-50.0, 0.1, 0.2, 50.0]), np.array([0, 0, 1, 1]))
    assert counts.groupby("label")["videos"].sum().tolist() == [2, 2]
    assert counts.groupby("label")["share"].sum().tolist() == [1.0, 1.0]


def test_a_corpus_that_only_validated_counts_as_seen_and_a_model_must_say_what_it_saw(tmp_path: Path) -> None:
    rows = score_tables.corpora(1)
    run(tmp_path / "a", rows)
    (tmp_path / "a/model/summary.json").write_text('{"corpora": ["unseen"]}')
    scores, points, model = (tmp_path / "a" / name for name in ("scores", "points", "model"))
    evaluate(scores, points, model, tmp_path / "b/recipe", tmp_path / "b/metrics", PARAMS)
    assert {name: corpus.within for name, corpus in results.read(tmp_path / "b/recipe").corpora.items()} == {
        "seen": True,  # its videos chose the threshold
        "unseen": True,
    }
    (model / "summary.json").write_text("{}")
    with pytest.raises(DataError, match="does not say which corpora were trained on"):
        evaluate(scores, points, model, tmp_path / "c/recipe", tmp_path / "c/metrics", PARAMS)
