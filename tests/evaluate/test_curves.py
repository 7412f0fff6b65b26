"""Curves: a thinned ROC keeps its area, and a histogram counts every video."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from unmask.evaluate import curves


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
