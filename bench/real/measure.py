"""What the scores of all folds come to: every video is tested once, by a network that saw nobody in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from unmask.evaluate import ranking
from unmask.evaluate.bootstrap import apply, draw, interval
from unmask.evaluate.params import Params
from unmask.split.tables import MANIFEST
from unmask.tune.aggregate import read_faces, video_scores
from unmask.tune.params import Aggregation

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Number:
    """A number, and the ends of its interval; none if too few draws of people allow it."""

    value: float
    ends: tuple[float, float] | None

    def __str__(self) -> str:
        """Write it as in tables."""
        return f"{self.value:.3f}" + (f" ({self.ends[0]:.2f} to {self.ends[1]:.2f})" if self.ends else "")


@dataclass(frozen=True)
class Found:
    """What one try came to.

    Attributes:
        swaps: AUC of swaps against the originals of swaps, scores of all folds together.
        within: The same, where only scores of one fold are compared: the mean over folds, each as heavy as its
            comparisons.
        paired: Share of swaps that score above their own original.
        reals: AUC of swaps against all reals.
        others: AUC of fakes that have no original against all reals.
        counts: Number of swaps, of originals, of swaps with an original, of all reals and of other fakes.
    """

    swaps: Number
    within: Number
    paired: Number
    reals: Number
    others: Number
    counts: tuple[int, int, int, int, int]


def collect(folders: Sequence[Path], aggregation: Aggregation) -> pd.DataFrame:
    """Read the tested videos of all folds.

    Args:
        folders: Of each fold, with scores.parquet and test.parquet.
        aggregation: How the faces of a track become one score.

    Returns:
        What `video_scores` gives of videos with a score, and `fold` and `pair`; a swap and its original have the same.
    """
    tables = []
    for fold, folder in enumerate(folders):
        videos = video_scores(read_faces(folder, "test"), aggregation)
        rows = MANIFEST.read(folder / "test.parquet").select(["video", "pair"]).to_pandas()
        pairs = rows.drop_duplicates().set_index("video")["pair"]
        tables.append(videos.assign(fold=fold, pair=videos["video"].map(pairs)))
    every = pd.concat(tables, ignore_index=True)
    return every[every["score"].notna()].reset_index(drop=True)


def measure(videos: pd.DataFrame, params: Params) -> Found:
    """Measure one try.

    Args:
        videos: What `collect` gives.
        params: How intervals are made.
    """
    fake, paired = videos["label"] == 1, videos["pair"].notna()
    some = videos[paired]
    swaps, originals = some[some["label"] == 1], some[some["label"] == 0]
    both = swaps.merge(originals, on="pair", suffixes=("", "_original"))
    above = (both["score"] > both["score_original"]) + 0.5 * (both["score"] == both["score_original"])
    others = videos[~(fake & paired)]
    counts = (len(swaps), len(originals), len(both), int((~fake).sum()), int((fake & ~paired).sum()))
    return Found(
        swaps=_auc(some, params, folds=False),
        within=_auc(some, params, folds=True),
        paired=_number(both["cluster"], lambda weights: weights @ above.to_numpy() / weights.sum(1), params),
        reals=_auc(videos[~fake | paired], params, folds=False),
        others=_auc(others, params, folds=False),
        counts=counts,
    )


def _auc(videos: pd.DataFrame, params: Params, *, folds: bool) -> Number:
    """Give an AUC; with `folds`, of comparisons within folds alone."""
    labels, scores = videos["label"].to_numpy(np.int64), videos["score"].to_numpy(np.float64)
    fold = videos["fold"].to_numpy() if folds else np.zeros(len(videos))

    def function(weights: Floats) -> Floats:
        won, all_of = np.zeros(len(weights)), np.zeros(len(weights))
        for number in np.unique(fold):
            here = fold == number
            if len(np.unique(labels[here])) == 2:
                ranked = ranking.rank(scores[here], labels[here])
                sums = ranking.sums(ranked, weights[:, here][:, ranked.order])
                couples = sums.tp[:, -1] * sums.fp[:, -1]
                won += np.where(couples > 0, np.nan_to_num(ranking.auc(sums)) * couples, 0)
                all_of += couples
        share: Floats = np.divide(won, all_of, out=np.full(len(won), np.nan), where=all_of > 0)
        return share

    return _number(videos["cluster"], function, params)


def _number(clusters: pd.Series, function: Callable[[Floats], Floats], params: Params) -> Number:
    """Give a metric with its interval; people are drawn."""
    counts, place = draw(clusters.tolist(), "videos", params)
    value = float(function(np.ones((1, len(place))))[0])
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = apply(lambda weights: {"value": function(weights)}, counts, place)["value"]
    return Number(value, interval(drawn, params.confidence))
