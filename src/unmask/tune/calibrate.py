"""Temperature: the one number that makes log-odds honest without changing any ranking."""

import numpy as np

from unmask.tune.aggregate import Floats, Ints

# Separable validation scores would drive the temperature to 0, useless ones to infinity.
LOWEST, HIGHEST = 0.05, 20.0
STEPS = 60


def sigmoid(x: Floats) -> Floats:
    """Turn log-odds into probabilities, exact for large values of either sign.

    Example:
        >>> sigmoid(np.array([0.0, 1000.0, -1000.0])).tolist()
        [0.5, 1.0, 0.0]
    """
    return np.exp(-np.logaddexp(0, -np.asarray(x, dtype=np.float64)))


def temperature(scores: Floats, labels: Ints) -> float:
    """Fit the temperature T for which sigmoid(score / T) has the lowest negative log-likelihood.

    Both classes count one half, whatever their numbers: data sets hold one to five times as many fakes as reals, which
    says nothing about the world, so a calibrated probability is meant at even odds (add the log of other odds to the
    calibrated log-odds). The likelihood is convex in 1 / T (Guo et al. 2017, "On Calibration of Modern Neural
    Networks"), so its slope is bisected.

    Args:
        scores: Log-odds of fake, shape (n,).
        labels: 0 real, 1 fake, shape (n,); both occur.

    Returns:
        T, 0.05 to 20; an end of this range when scores separate the classes, or say nothing or the contrary.
    """
    signs = 2.0 * labels - 1
    weights = np.where(labels == 1, 0.5 / (labels == 1).sum(), 0.5 / (labels == 0).sum())
    low, high = np.log(1 / HIGHEST), np.log(1 / LOWEST)
    for _ in range(STEPS):
        middle = (low + high) / 2
        slope = -(weights * signs * scores * sigmoid(-signs * scores * np.exp(middle))).sum()
        low, high = (middle, high) if slope < 0 else (low, middle)
    return float(np.exp(-(low + high) / 2))
