"""The one way from faces to a video's score, shared by tuning, evaluation and serving."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc

from unmask.errors import DataError
from unmask.predict.tables import SCORES
from unmask.tune.params import Aggregation

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PER_VIDEO = ["video", "corpus", "label", "method", "cluster"]


def read_faces(scores: Path, split: str) -> pd.DataFrame:
    """Read the scores of one split; no other row is looked at.

    Args:
        scores: Folder of `scores.parquet`.
        split: `val` or `test`.

    Returns:
        Rows of SCORES in order of their key, with `logit` as float64, NaN where a video has no crop.

    Raises:
        DataError: The split is empty, or a logit is infinite or not a number.
    """
    table = SCORES.read(scores)
    frame: pd.DataFrame = table.filter(pc.equal(table["split"], split)).to_pandas()
    if frame.empty:
        raise DataError(f"{scores} has no row of the split `{split}`; give the split at least one video of each class.")
    frame = frame.sort_values(list(SCORES.key), ignore_index=True).astype({"logit": np.float64, "label": np.int64})
    scored = frame.loc[frame["face"] >= 0, "logit"]
    if not np.isfinite(scored).all():
        raise DataError(f"{scores} has {int((~np.isfinite(scored)).sum())} faces of `{split}` whose logit is no finite "
                        "number; the model diverged: train it with a lower learning rate.")  # fmt: skip
    return frame


def video_scores(faces: pd.DataFrame, aggregation: Aggregation) -> pd.DataFrame:
    """Turn rows of faces into one row for every video, also for those without any face.

    Args:
        faces: What `read_faces` gives.
        aggregation: How the faces of one track become one score.

    Returns:
        Sorted by `video`: `video`, `corpus`, `label`, `method`, `cluster`, `status` (`ok`, or why there is no score),
        `faces` (number of scored faces) and `score` (log-odds of fake; NaN without a face).
    """
    rows = faces.groupby("video", sort=True)
    videos: pd.DataFrame = rows[[*PER_VIDEO[1:], "status"]].first().reset_index()
    scored = faces[faces["logit"].notna()].groupby("video", sort=True)
    score = {str(key): pool(group["logit"].to_numpy(), group["track"].to_numpy(), aggregation) for key, group in scored}
    videos["faces"] = videos["video"].map(scored.size()).fillna(0).astype(np.int64)
    videos["score"] = videos["video"].map(score).astype(np.float64)
    videos.loc[videos["faces"] > 0, "status"] = "ok"
    return videos


def pool(logits: Floats, tracks: npt.NDArray[np.integer], aggregation: Aggregation) -> float:
    """Give one video's score: each track's aggregate, and of several tracks the highest.

    One forged face makes a video a fake, so tracks compete; the faces of one track are repeated looks at one face,
    so they are averaged. The score is always log-odds of fake, also when probabilities are averaged.

    Args:
        logits: Log-odds of fake of every face, shape (faces,).
        tracks: Track of every face, shape (faces,).
        aggregation: `mean_logit`, `mean_probability` or `max_probability`.

    Returns:
        Log-odds of fake, before calibration.

    Example:
        >>> pool(np.array([1.0, 3.0, 0.5]), np.array([0, 0, 1]), "mean_logit")
        2.0
        >>> pool(np.array([1.0, 3.0, 0.5]), np.array([0, 0, 1]), "max_probability")
        3.0
        >>> p = np.mean(1 / (1 + np.exp(-np.array([1.0, 3.0]))))
        >>> bool(np.isclose(pool(np.array([1.0, 3.0]), np.array([0, 0]), "mean_probability"), np.log(p / (1 - p))))
        True
    """
    return max(_of_track(logits[tracks == track], aggregation) for track in np.unique(tracks))


def _of_track(logits: Floats, aggregation: Aggregation) -> float:
    if aggregation == "mean_logit":
        return float(logits.mean())
    if aggregation == "max_probability":
        return float(logits.max())
    # log(mean p) - log(mean (1 - p)) by log-sum-exp: exact where probabilities would round to 0 or 1.
    return float(np.logaddexp.reduce(-np.logaddexp(0, -logits)) - np.logaddexp.reduce(-np.logaddexp(0, logits)))
