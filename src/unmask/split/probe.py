"""The shortcut probe: how well metadata alone tells fake from real, without a look at any face.

A detector can learn what the probe can. An AUC near 0.5 says that size, rate, length and bit rate give nothing away.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from unmask.hashing import stable_hash
from unmask.split.ties import graph

COLUMNS = ["width", "height", "fps", "frames", "seconds", "bit_rate"]
FOLDS = 5
# More videos than these are sampled: the third digit of an AUC is not worth minutes.
MOST = 5000
# A component that holds more than this share of the videos leaves too few for the other folds.
LARGEST = 0.5
# With fewer videos of a class an AUC is noise.
LEAST = 10
DIGITS = 4


def probe(videos: pd.DataFrame, seed: int) -> dict[str, dict[str, float | None]]:
    """Measure each corpus.

    Args:
        videos: Rows of the table `videos`; unreadable ones are left out.
        seed: Seed of the folds and of the classifier.

    Returns:
        `auc` of each corpus, 0 to 1; None where there are too few videos of one class, or all hang together.
    """
    readable = videos[videos["status"] == "ok"].sort_values("video")
    names = sorted(set(videos["corpus"]))
    return {name: {"auc": measure(readable[readable["corpus"] == name], seed)} for name in names}


def measure(videos: pd.DataFrame, seed: int) -> float | None:
    """Cross-validate gradient boosting on one corpus, grouped such that nothing stands in two folds.

    Groups are the components of identities, or clusters if one component holds most videos.

    Args:
        videos: Readable videos of one corpus, sorted by key.
        seed: Seed of the folds and of the classifier.

    Returns:
        Mean of the folds' AUC, to four digits; None if it cannot be told.
    """
    if len(videos) > MOST:
        chance = videos["video"].map(lambda video: stable_hash(f"{seed}/{video}"))
        videos = videos.loc[chance.sort_values().index[:MOST]].sort_values("video")
    features, labels = videos[COLUMNS].to_numpy(dtype=float), videos["label"].to_numpy()
    groups = _groups(videos)
    if min(np.count_nonzero(labels == label) for label in (0, 1)) < LEAST:
        return None
    folds = min(FOLDS, *(len(set(groups[labels == label])) for label in (0, 1)))
    if folds < 2:
        return None
    deal = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    values = []
    for fit, held in deal.split(features, labels, groups):
        if len(set(labels[fit])) == len(set(labels[held])) == 2:
            model = GradientBoostingClassifier(n_estimators=50, min_samples_leaf=5, random_state=seed)
            model.fit(features[fit], labels[fit])
            values.append(roc_auc_score(labels[held], model.decision_function(features[held])))
    return round(float(np.mean(values)), DIGITS) if values else None


def _groups(videos: pd.DataFrame) -> npt.NDArray[np.int64]:
    if videos.empty:
        return np.empty(0, dtype=np.int64)
    component = graph(videos).video_component
    if np.bincount(component).max() <= LARGEST * len(videos):
        return component
    return pd.factorize(videos["cluster"].astype(object), sort=True)[0].astype(np.int64)
