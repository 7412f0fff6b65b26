"""Intervals by drawing whole clusters: the videos of one person or source clip are not independent."""

from collections.abc import Callable, Sequence

import numpy as np

from unmask.evaluate.params import Params
from unmask.hashing import stable_hash
from unmask.tune.aggregate import Floats, Ints

# Numbers held at once: small enough for the processor's cache; changes nothing but speed.
CHUNK = 1 << 17


def draw(clusters: Sequence[str], name: str, params: Params) -> tuple[Floats, Ints]:
    """Draw as many clusters as there are, with replacement, again and again.

    Args:
        clusters: Cluster of every item, n of them.
        name: Names what is drawn from; another name gets other draws.
        params: Seed and number of draws.

    Returns:
        How often each cluster is drawn, shape (draws, clusters), and the place of every item's cluster, shape (n,).
    """
    names, place = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    rng = np.random.default_rng([params.seed, stable_hash(name)])
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=params.draws)
    return counts.astype(np.float64), place


def apply(function: Callable[[Floats], dict[str, Floats]], counts: Floats, place: Ints) -> dict[str, Floats]:
    """Apply metrics to every draw.

    Args:
        function: From weights of items, shape (some, n), to metrics by name, each of shape (some,).
        counts: How often each cluster is drawn, shape (draws, clusters).
        place: Place of every item's cluster, shape (n,).

    Returns:
        Metrics by name, each of shape (draws,), NaN where a draw does not allow it.
    """
    step = CHUNK // len(place) + 1
    parts = [function(counts[start : start + step][:, place]) for start in range(0, len(counts), step)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def interval(values: Floats, confidence: float) -> tuple[float, float] | None:
    """Cut off equal shares of draws at both ends (the percentile bootstrap, Efron 1979).

    Args:
        values: One metric over all draws; NaN where a draw came out with one class, which is left out.
        confidence: Share of draws between the ends.

    Returns:
        Low and high end, or None if fewer than half of the draws allow the metric.

    Example:
        >>> interval(np.arange(5.0), 0.5)
        (1.0, 3.0)
    """
    good = values[~np.isnan(values)]
    if 2 * len(good) < len(values):
        return None
    low, high = np.quantile(good, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
