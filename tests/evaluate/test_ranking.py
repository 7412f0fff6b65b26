"""Ranking: metrics of scikit-learn, and error rates in closed form."""

from collections.abc import Callable

import numpy as np
import pytest
from evaluating import PARAMS, invented
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from unmask.evaluate import bootstrap, ranking

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
