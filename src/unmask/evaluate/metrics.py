"""All metrics of one set of scores, with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from unmask.evaluate import bootstrap, ranking
from unmask.evaluate.params import Params
from unmask.evaluate.results import Interval, Metrics
from unmask.tune.aggregate import Floats, Ints
from unmask.tune.calibrate import sigmoid
from unmask.tune.points import Level

DIGITS = 4
BINS = 10


@dataclass(frozen=True)
class Scores:
    """Scores of one level and subset.

    Attributes:
        name: Names the subset; recipes and levels share its draws.
        values: Log-odds of fake, finite, shape (n,).
        labels: 0 real, 1 fake, shape (n,).
        clusters: Cluster of every score, n of them.
    """

    name: str
    values: Floats
    labels: Ints
    clusters: Sequence[str]


def measure(scores: Scores, level: Level, threshold: float, params: Params) -> Metrics:
    """Measure one subset at one level.

    Args:
        scores: Scores of the subset; may hold one class or nothing, which gives nulls.
        level: The level's fitted temperature.
        threshold: The chosen rule's, in log-odds.
        params: How intervals are made.
    """
    fakes, reals = int((scores.labels == 1).sum()), int((scores.labels == 0).sum())
    if not fakes + reals:
        nothing = {name: Interval(value=None, low=None, high=None) for name in Metrics.intervals()}
        return Metrics(reals=0, fakes=0, clusters=0, skipped=0, ece=None, **nothing)
    ranked = ranking.rank(scores.values, scores.labels)
    probability = sigmoid(scores.values / level.temperature)
    error = (probability - scores.labels) ** 2
    function = partial(_metrics, ranked, error[ranked.order], threshold)
    point = function(np.ones((1, len(scores.values))))
    counts, place = bootstrap.draw(scores.clusters, scores.name, params)
    drawn = bootstrap.apply(function, counts, place[ranked.order])
    return Metrics(
        reals=reals,
        fakes=fakes,
        clusters=counts.shape[1],
        skipped=int(np.isnan(drawn["auc"]).sum()),
        ece=_round(_calibration_error(probability, scores.labels)),
        **{name: _interval(float(point[name][0]), drawn[name], counts.shape[1], params) for name in point},
    )


def _metrics(ranked: ranking.Ranked, error: Floats, threshold: float, weights: Floats) -> dict[str, Floats]:
    """Measure every draw.

    Args:
        ranked: Sorted scores.
        error: Squared error of each probability, in falling order of scores, shape (n,).
        threshold: From here up scores are called fake.
        weights: How often each score counts in each draw, in falling order of scores, shape (draws, n).

    Returns:
        Metrics by name, each of shape (draws,), NaN where a draw does not allow it.
    """
    sums = ranking.sums(ranked, weights)
    flagged = int((ranked.values >= threshold).sum())
    tpr, fpr = sums.tpr[:, flagged], sums.fpr[:, flagged]
    fake_error = _mean(error * ranked.labels, weights, sums.tp)
    real_error = _mean(error * (1 - ranked.labels), weights, sums.fp)
    right = sums.tp[:, flagged] + sums.fp[:, -1] - sums.fp[:, flagged]
    return {
        "auc": ranking.auc(sums),
        "ap": ranking.average_precision(sums),
        "eer": ranking.eer(sums),
        "tpr_at_fpr_1": ranking.tpr_at_fpr(sums, 0.01),
        "tpr_at_fpr_10": ranking.tpr_at_fpr(sums, 0.10),
        "accuracy": right / (sums.tp[:, -1] + sums.fp[:, -1]),
        "balanced_accuracy": (tpr + 1 - fpr) / 2,
        "tpr": tpr,
        "fpr": fpr,
        "brier": (fake_error + real_error) / 2,
    }


def _mean(values: Floats, weights: Floats, growing: Floats) -> Floats:
    """Mean of one class' values (zero for the other class); NaN in draws without this class."""
    total = growing[:, -1]
    mean = np.full_like(total, np.nan)
    np.divide(np.einsum("dn,n->d", weights, values), total, out=mean, where=total > 0)
    return mean


def _calibration_error(probability: Floats, labels: Ints) -> float:
    """Expected calibration error at even odds, over ten bins of equal width; NaN with one class."""
    fakes, reals = (labels == 1).sum(), (labels == 0).sum()
    if not fakes or not reals:
        return float("nan")
    weights = np.where(labels == 1, 0.5 / fakes, 0.5 / reals)
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(bins, weights * (probability - labels), BINS)).sum())


def _interval(value: float, drawn: Floats, clusters: int, params: Params) -> Interval:
    # One cluster drawn again and again never varies: that is no interval.
    ends = bootstrap.interval(drawn, params.confidence) if clusters > 1 and not np.isnan(value) else None
    low, high = ends or (float("nan"), float("nan"))
    return Interval(value=_round(value), low=_round(low), high=_round(high))


def _round(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), DIGITS)
