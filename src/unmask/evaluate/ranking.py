"""Ranking metrics for many sets of weights at once: what makes a bootstrap of a thousand draws take a second.

Scores are sorted once. A draw of the bootstrap only changes how often each score counts, so a draw is a row of weights
and every metric is a few cumulative sums over the sorted scores. Equal scores form one group, whose members no
threshold can part.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from unmask.tune.aggregate import Floats, Ints


@dataclass(frozen=True)
class Ranked:
    """Scores in falling order.

    Attributes:
        order: Positions of the scores from highest to lowest, shape (n,).
        ends: Position in this order of the last member of each group of equal scores, shape (groups,).
        values: The groups' scores, falling, shape (groups,).
        labels: 0 real, 1 fake, in falling order of scores, shape (n,).
    """

    order: Ints
    ends: Ints
    values: Floats
    labels: Ints


@dataclass(frozen=True)
class Sums:
    """Weight at or above each group of equal scores, starting at 0 above all; shapes (draws, groups + 1).

    Attributes:
        tp: Weight of fakes.
        fp: Weight of reals.
    """

    tp: Floats
    fp: Floats

    @cached_property
    def tpr(self) -> Floats:
        """Share of fakes at or above each group; NaN in draws without fakes."""
        return _share(self.tp)

    @cached_property
    def fpr(self) -> Floats:
        """Share of reals at or above each group; NaN in draws without reals."""
        return _share(self.fp)


def rank(scores: Floats, labels: Ints) -> Ranked:
    """Sort scores, highest first.

    Args:
        scores: Higher means more likely fake, finite, shape (n,), n > 0.
        labels: 0 real, 1 fake, shape (n,).
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    return Ranked(order, ends, falling[ends], labels[order])


def sums(ranked: Ranked, weights: Floats) -> Sums:
    """Add up weights from the highest score down.

    Args:
        ranked: Sorted scores.
        weights: How often each score counts in each draw, in falling order of scores, shape (draws, n).
    """
    above = np.cumsum(weights, axis=1)[:, ranked.ends]
    tp = np.cumsum(weights * ranked.labels, axis=1)[:, ranked.ends]
    start = np.zeros((len(weights), 1))
    return Sums(np.hstack([start, tp]), np.hstack([start, above - tp]))


def auc(sums: Sums) -> Floats:
    """Area under the ROC curve: the chance that a fake scores above a real, ties counting one half.

    Returns:
        Shape (draws,); NaN in draws of one class.

    Example:
        >>> ranked = rank(np.array([0.9, 0.4, 0.4, 0.1]), np.array([1, 0, 1, 0]))
        >>> auc(sums(ranked, np.ones((1, 4)))).tolist()
        [0.875]
    """
    rise, height = np.diff(sums.fpr, axis=1), sums.tpr[:, 1:] + sums.tpr[:, :-1]
    area: Floats = np.einsum("dg,dg->d", rise, height) / 2
    return area


def average_precision(sums: Sums) -> Floats:
    """Mean precision over the fakes, each at its own score; no interpolation, as in scikit-learn.

    Returns:
        Shape (draws,); NaN in draws of one class, where it says nothing.

    Example:
        >>> ranked = rank(np.array([0.9, 0.4, 0.1]), np.array([1, 0, 1]))
        >>> average_precision(sums(ranked, np.ones((1, 3)))).round(4).tolist()
        [0.8333]
    """
    tp, above = sums.tp[:, 1:], sums.tp[:, 1:] + sums.fp[:, 1:]
    # Groups above the first drawn score hold no weight and no fake: any precision will do.
    precision = np.divide(tp, above, out=np.zeros_like(tp), where=above > 0)
    area = np.einsum("dg,dg->d", np.diff(sums.tpr, axis=1), precision)
    return np.where(sums.fp[:, -1] > 0, area, np.nan)


def eer(sums: Sums) -> Floats:
    """Equal error rate: where the straight lines between the points of the ROC curve cross FPR = 1 - TPR.

    Returns:
        Shape (draws,), 0 to 1; NaN in draws of one class.

    Example:
        >>> ranked = rank(np.array([4.0, 3.0, 2.0, 1.0]), np.array([1, 0, 1, 0]))
        >>> eer(sums(ranked, np.ones((1, 4)))).tolist()
        [0.5]
    """
    fpr = sums.fpr
    # Grows from -1 (nothing flagged) to 1 (all flagged).
    gap = fpr + sums.tpr - 1
    after = np.argmax(gap >= 0, axis=1)[:, None]
    before = np.maximum(after - 1, 0)
    gap_0, gap_1 = (np.take_along_axis(gap, where, axis=1)[:, 0] for where in (before, after))
    fpr_0, fpr_1 = (np.take_along_axis(fpr, where, axis=1)[:, 0] for where in (before, after))
    rise = np.where(gap_1 > gap_0, gap_1 - gap_0, np.nan)
    return fpr_0 - gap_0 / rise * (fpr_1 - fpr_0)


def tpr_at_fpr(sums: Sums, limit: float) -> Floats:
    """Highest TPR that some threshold reaches with an FPR of at most `limit`; not interpolated.

    Returns:
        Shape (draws,); NaN in draws of one class.

    Example:
        >>> ranked = rank(np.array([4.0, 3.0, 2.0, 1.0]), np.array([1, 0, 1, 0]))
        >>> tpr_at_fpr(sums(ranked, np.ones((1, 4))), 0.01).tolist()
        [0.5]
    """
    # Weights are whole numbers, so a margin far below one count only absorbs rounding.
    last = np.count_nonzero(sums.fpr <= limit + 1e-9, axis=1)[:, None] - 1
    # Both rates only grow from left to right, so the last allowed point is the best.
    best = np.take_along_axis(sums.tpr, np.maximum(last, 0), axis=1)[:, 0]
    return np.where(sums.fp[:, -1] > 0, best, np.nan)


def _share(weight: Floats) -> Floats:
    total = weight[:, -1:]
    return np.divide(weight, total, out=np.full_like(weight, np.nan), where=total > 0)
