"""Metrics of a subset: against scikit-learn, intervals against explicit resampling, null where there is no number."""

import numpy as np
import pytest
from evaluating import PARAMS, invented
from sklearn.metrics import accuracy_score, average_precision_score, brier_score_loss, roc_auc_score

from unmask.evaluate import bootstrap, ranking
from unmask.evaluate.metrics import Scores, measure
from unmask.evaluate.params import Params
from unmask.evaluate.results import Metrics
from unmask.tune.calibrate import sigmoid
from unmask.tune.step import fit


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
