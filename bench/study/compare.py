"""AUC of systems over seeds, and differences between systems on the same videos, with intervals.

The bootstrap draws identities, as `evaluate` does, and the same ones for every system and seed: the difference of two
systems in a draw is then their difference on the videos of that draw (the paired bootstrap; Efron and Tibshirani, An
Introduction to the Bootstrap, 1993). What is averaged over seeds is averaged in each draw. So an interval says what
other test videos would change; what other seeds would change is told beside it, by the lowest and the highest seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from unmask.errors import DataError
from unmask.evaluate import ranking
from unmask.evaluate.bootstrap import apply, draw, interval
from unmask.evaluate.params import Params
from unmask.hashing import digest
from unmask.tune.aggregate import Floats


@dataclass(frozen=True)
class Estimate:
    """A number, or a difference of two.

    Attributes:
        seeds: By seed, in the plan's order.
        draws: Mean over seeds in every draw of the bootstrap.
        of: Tells the videos from others.
    """

    seeds: tuple[float, ...]
    draws: Floats
    of: tuple[str, ...]

    @property
    def value(self) -> float:
        """Give the mean over seeds."""
        return float(np.mean(self.seeds))

    def interval(self, confidence: float) -> tuple[float, float]:
        """Give the interval; of videos of which the draws say nothing, one that goes all the way."""
        return interval(self.draws, confidence) or (-np.inf, np.inf)

    def __sub__(self, other: "Estimate") -> "Estimate":
        """Compare, seed by seed and draw by draw.

        Raises:
            DataError: They are of different videos, so that a draw of one is not that of the other.
        """
        if self.of != other.of:
            raise DataError("two systems are to be compared that were tested on different videos.")
        pairs = zip(self.seeds, other.seeds, strict=True)
        return Estimate(tuple(a - b for a, b in pairs), self.draws - other.draws, self.of)


def mean(estimates: Sequence[Estimate]) -> Estimate:
    """Average estimates, as over corpora, each counting the same."""
    seeds = np.mean([one.seeds for one in estimates], axis=0)
    draws = np.mean([one.draws for one in estimates], axis=0)
    return Estimate(tuple(seeds.tolist()), draws, tuple(of for one in estimates for of in one.of))


def measure(seeds: Sequence[pd.DataFrame], corpus: str, params: Params) -> Estimate:
    """Measure one system on one corpus.

    Args:
        seeds: For each seed the table of its videos, as `evaluate` writes it.
        corpus: The corpus; draws depend on its name and its clusters alone, so they are the same for all systems.
        params: Seed, number of draws and confidence.

    Raises:
        DataError: Not the same videos have a score with all seeds.
    """
    tables = [_scored(table, corpus) for table in seeds]
    first = tables[0]
    if not all(first.index.equals(table.index) for table in tables):
        raise DataError(f"not the same videos of {corpus} have a score with all seeds.")
    counts, place = draw(first["cluster"].tolist(), corpus, params)
    labels, ones = first["label"].to_numpy(np.int64), np.ones((1, len(first)))
    values, draws = [], []
    for table in tables:
        ranked = ranking.rank(table["logit"].to_numpy(), labels)

        def auc(weights: Floats, ranked: ranking.Ranked = ranked) -> dict[str, Floats]:
            return {"auc": ranking.auc(ranking.sums(ranked, weights[:, ranked.order]))}

        values.append(float(auc(ones)["auc"][0]))
        draws.append(apply(auc, counts, place)["auc"])
    return Estimate(tuple(values), np.mean(draws, axis=0), (digest(first.index.tolist()),))


def paired(
    estimates: Mapping[str, Mapping[str, Estimate]], pairs: Sequence[tuple[str, str]], corpora: Sequence[str]
) -> Estimate:
    """Give the mean difference over pairs of systems and over corpora.

    Args:
        estimates: By system and corpus.
        pairs: Each system with the one that it is compared with.
        corpora: Where.
    """
    return mean([estimates[a][corpus] - estimates[b][corpus] for a, b in pairs for corpus in corpora])


def _scored(table: pd.DataFrame, corpus: str) -> pd.DataFrame:
    """Take the videos of a corpus that have a score, sorted by key."""
    there = table[(table["corpus"] == corpus) & table["logit"].notna()]
    return there.set_index("video").sort_index()
