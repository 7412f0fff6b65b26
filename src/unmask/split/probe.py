"""The shortcut probe: how well metadata alone tells fake from real, without a look at any face.

A detector can learn what the probe can. An AUC near 0.5 says that nothing is given away; one far below is noise, as of
few groups. There are two kinds of columns. Those of the **file** (size, rate, length, bit rate, codec) say how a video
was packed; if they tell the label, reals and fakes went through different hands, and what a detector learns from that
is worth nothing elsewhere. Those of the **face** (detection score, size, pose, sharpness) may tell the label because
the forgery itself is blurred or small. Hence one AUC for each kind besides that of all columns, and one for each column
alone, so that one sees what carries it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from unmask.hashing import stable_hash
from unmask.split.looks import MEASURED

FILE = ["width", "height", "fps", "frames", "seconds", "bit_rate", "codec"]
KINDS = {"all": [*FILE, *MEASURED], "file": FILE, "face": MEASURED}
FOLDS = 5
# More videos than these are sampled: the third digit of an AUC is not worth minutes.
MOST = 5000
# A component that holds more than this share of the videos leaves too few for the other folds.
LARGEST = 0.5
# With fewer videos of a class an AUC is noise.
LEAST = 10
DIGITS = 4
# Stands for a value that is not known; no measure is below -180.
UNKNOWN = -1000
# A column is named when it alone reaches this share of the way from a coin's 0.5 to the probe's AUC; so many are.
REACH, NAMED = 0.5, 3

Folds = list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]


def probe(videos: pd.DataFrame, seed: int, shortcut: float) -> dict[str, dict[str, Any]]:
    """Measure each corpus.

    Args:
        videos: Rows of the table `videos` with the columns of `looks.MEASURED`; unreadable ones are left out, and
            values that are not known may be NaN.
        seed: Seed of the folds and of the classifiers.
        shortcut: AUC above which a corpus is warned of.

    Returns:
        For each corpus the cross-validated AUC, 0 to 1, of `all` columns and of those of the `file` and the `face`;
        of each of the `columns` alone; `warns`, whether the first or the second lies above the limit; and the columns
        that it is `carried_by`. An AUC is None where there are too few videos of one class, or all hang together.
    """
    readable = videos[videos["status"] == "ok"].sort_values("video", ignore_index=True)
    # Threads that wait for each other on a busy machine cost more than such small fits.
    with threadpool_limits(1, user_api="openmp"):
        found = {name: measure(readable[readable["corpus"] == name], seed) for name in sorted(set(videos["corpus"]))}
    return {name: _judge(values, shortcut) for name, values in found.items()}


def measure(videos: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Cross-validate classifiers on one corpus, grouped such that nothing stands in two folds.

    Groups are the components of identities, or clusters if one component holds most videos.

    Args:
        videos: Readable videos of one corpus, sorted by key.
        seed: Seed of the folds and of the classifiers.

    Returns:
        Means of the folds' AUC, to four digits: `all`, `file`, `face` and `columns`.
    """
    if len(videos) > MOST:
        chance = videos["video"].map(lambda video: stable_hash(f"{seed}/{video}"))
        videos = videos.loc[chance.sort_values().index[:MOST]].sort_values("video")
    labels = videos["label"].to_numpy()
    folds = list(_folds(videos, labels, seed))
    if not folds:
        return _nothing()
    # What is not known lies below all that is; the classifier's own treatment fails where a fold knows nothing at all.
    values = {name: videos[name].fillna(UNKNOWN).to_numpy(dtype=float) for name in KINDS["all"] if name != "codec"}
    values["codec"] = pd.factorize(videos["codec"].astype(object), sort=True)[0].astype(float)
    found: dict[str, Any] = {}
    for kind, columns in KINDS.items():
        model = HistGradientBoostingClassifier(
            max_iter=50, max_leaf_nodes=8, min_samples_leaf=5, early_stopping=False, random_state=seed,
            categorical_features=[columns.index("codec")] if "codec" in columns else None,
        )  # fmt: skip
        found[kind] = _auc(model, np.stack([values[name] for name in columns], 1), labels, folds)
    tree = DecisionTreeClassifier(max_leaf_nodes=8, min_samples_leaf=5, random_state=seed)
    found["columns"] = {name: _auc(tree, values[name][:, None], labels, folds) for name in KINDS["all"]}
    return found


def _auc(model: Any, features: np.ndarray, labels: np.ndarray, folds: Folds) -> float:
    values = []
    for fit, held in folds:
        model.fit(features[fit], labels[fit])
        values.append(roc_auc_score(labels[held], model.predict_proba(features[held])[:, 1]))
    return round(float(np.mean(values)), DIGITS)


def _folds(videos: pd.DataFrame, labels: np.ndarray, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the rows to fit on and those held out, where both have both classes."""
    if min(np.count_nonzero(labels == label) for label in (0, 1)) < LEAST:
        return
    groups = _groups(videos)
    count = min(FOLDS, *(len(set(groups[labels == label])) for label in (0, 1)))
    if count < 2:
        return
    for fit, held in StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(groups, labels, groups):
        if len(set(labels[fit])) == len(set(labels[held])) == 2:
            yield fit, held


def _groups(videos: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Give each video the number of its component of people and clusters, or of its cluster."""
    cluster = pd.factorize(videos["cluster"].astype(object), sort=True)[0]
    people = videos[["identities"]].assign(row=np.arange(len(videos))).explode("identities").dropna()
    person = pd.factorize(people["identities"].astype(object), sort=True)[0]
    rows = np.concatenate([np.arange(len(videos)), people["row"].to_numpy(dtype=np.int64)])
    names = np.concatenate([cluster, person + len(videos)]) + len(videos)
    size = int(names.max()) + 1
    links = coo_array((np.ones(len(rows), dtype=np.int8), (rows, names)), shape=(size, size))
    component = connected_components(links, directed=False)[1][: len(videos)]
    if np.bincount(component).max() <= LARGEST * len(videos):
        return pd.factorize(component)[0].astype(np.int64)
    return cluster.astype(np.int64)


def _nothing() -> dict[str, Any]:
    return {**dict.fromkeys(KINDS), "columns": dict.fromkeys(KINDS["all"])}


def _judge(found: dict[str, Any], shortcut: float) -> dict[str, Any]:
    """Add whether a corpus is warned of, and the columns that carry the highest AUC."""
    top = max(found["all"] or 0, found["file"] or 0)
    if top <= shortcut:
        return {**found, "warns": False, "carried_by": []}
    order = sorted(found["columns"], key=lambda name: -found["columns"][name])
    strong = [name for name in order if found["columns"][name] >= 0.5 + REACH * (top - 0.5)]
    return {**found, "warns": True, "carried_by": strong[:NAMED]}
