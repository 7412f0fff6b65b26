"""Curves for eyes and for `dvc plots`: the ROC curve and histograms of video scores, one file per corpus."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from unmask.evaluate import ranking
from unmask.tune.aggregate import Floats, Ints

ROC, HISTOGRAM = "roc", "histogram"
MOST_POINTS = 200
# Calibrated log-odds: 0.25 % to 99.75 %; what lies beyond is counted in the outer bins.
EDGES = np.linspace(-6, 6, 25)


def roc(scores: Floats, labels: Ints) -> pd.DataFrame:
    """Give the ROC curve with few points.

    Args:
        scores: Log-odds of fake, shape (n,).
        labels: 0 real, 1 fake, shape (n,).

    Returns:
        `fpr`, `tpr`, `threshold`, from (0, 0) to (1, 1); empty with one class. Only corners are kept, and of many
        corners those that lie evenly along the curve.
    """
    if len(set(labels.tolist())) < 2:
        return pd.DataFrame({"fpr": [], "tpr": [], "threshold": []}, dtype=np.float64)
    ranked = ranking.rank(scores, labels)
    sums = ranking.sums(ranked, np.ones((1, len(scores))))
    # The first point flags nothing: its threshold lies above every score.
    threshold = np.concatenate([[ranked.values[0] + 1], ranked.values])
    curve = np.stack([sums.fpr[0], sums.tpr[0], threshold], axis=1)
    curve = _thin(curve[_corners(sums.fp[0], sums.tp[0])])
    return pd.DataFrame(curve.round(4), columns=["fpr", "tpr", "threshold"])


def histogram(logits: Floats, labels: Ints) -> pd.DataFrame:
    """Count videos over calibrated log-odds.

    Args:
        logits: Calibrated log-odds of fake, shape (n,).
        labels: 0 real, 1 fake, shape (n,).

    Returns:
        `label`, `low` and `high` (edges of the bin), `videos` (number) and `share` (of the class), for both labels.
    """
    parts = []
    inside = np.clip(logits, EDGES[0], EDGES[-1])
    for label in (0, 1):
        counts = np.histogram(inside[labels == label], EDGES)[0]
        share = counts / max(1, counts.sum())
        parts.append(pd.DataFrame({"label": label, "low": EDGES[:-1], "high": EDGES[1:], "videos": counts,
                                   "share": share.round(4)}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def write(parts: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write each corpus' table as `<corpus>.tsv`, because `dvc plots` draws one line per file."""
    folder.mkdir(parents=True, exist_ok=True)
    for corpus, part in parts.items():
        part.to_csv(folder / f"{corpus}.tsv", sep="\t", index=False, lineterminator="\n")


def read(folder: Path) -> dict[str, pd.DataFrame]:
    """Read what `write` wrote, by corpus."""
    return {path.stem: pd.read_csv(path, sep="\t") for path in sorted(folder.glob("*.tsv"))}


def _corners(fp: Floats, tp: Floats) -> npt.NDArray[np.bool_]:
    """Tell which points of a curve are not simply passed through; both ends are corners."""
    across, up = np.diff(fp), np.diff(tp)
    return np.concatenate([[True], across[1:] * up[:-1] != across[:-1] * up[1:], [True]])


def _thin(curve: Floats) -> Floats:
    """Keep at most `MOST_POINTS` points, evenly along FPR + TPR, both ends among them."""
    if len(curve) <= MOST_POINTS:
        return curve
    way = curve[:, 0] + curve[:, 1]
    kept = np.searchsorted(way, np.linspace(0, 2, MOST_POINTS)).clip(max=len(curve) - 1)
    thin: Floats = curve[np.unique(kept)]
    return thin
