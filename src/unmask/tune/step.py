"""The step: fit temperature and thresholds on validation, at the level of faces and of videos."""

from pathlib import Path

import numpy as np

from unmask.errors import DataError
from unmask.systems import HEADS, heads
from unmask.tune import points as file
from unmask.tune.aggregate import Floats, Ints, read_faces, video_scores
from unmask.tune.calibrate import sigmoid, temperature
from unmask.tune.params import Params
from unmask.tune.points import Level, OperatingPoints, Point
from unmask.tune.thresholds import Cuts, choose, cuts

DIGITS = 4


def tune(scores: Path, probes: Path, out: Path, tune: Params) -> None:
    """Fit operating points on the validation rows of one recipe's scores, and of those of its heads.

    Args:
        scores: Folder of `scores.parquet`; rows of the split `test` are never looked at.
        probes: Folder with the folder `heads`, which has such a folder for each secondary head.
        out: Folder for `operating_points.json`, and for `heads/<head>/operating_points.json`.
        tune: Rule and aggregation.

    Raises:
        DataError: Validation is empty or has one class only.
    """
    (out / HEADS).mkdir(parents=True, exist_ok=True)
    _tune(scores, out, tune)
    for head in heads(probes):
        _tune(probes / HEADS / head, out / HEADS / head, tune)


def _tune(scores: Path, out: Path, tune: Params) -> None:
    faces = read_faces(scores, "val")
    videos = video_scores(faces, tune.aggregation)
    scored_faces, scored = faces[faces["logit"].notna()], videos[videos["score"].notna()]
    for label, name in ((0, "real"), (1, "fake")):
        if not (scored["label"] == label).any():
            raise DataError(f"{scores} has no scored {name} video in validation; thresholds need both classes: "
                            "give the split `val` more videos.")  # fmt: skip
    points = OperatingPoints(
        rule=tune.rule,
        aggregation=tune.aggregation,
        corpora=sorted(set(videos["corpus"])),
        videos=len(videos),
        scored=len(scored),
        frame=fit(scored_faces["logit"].to_numpy(), scored_faces["label"].to_numpy()),
        video=fit(scored["score"].to_numpy(), scored["label"].to_numpy()),
    )
    file.write(points, out)


def fit(scores: Floats, labels: Ints) -> Level:
    """Fit one level: its own temperature, because averaged log-odds are more decided than single ones.

    Args:
        scores: Log-odds of fake, finite, shape (n,).
        labels: 0 real, 1 fake, shape (n,); both occur.
    """
    scale, ways = temperature(scores, labels), cuts(scores, labels)
    points = {rule: _point(ways, number, scale) for rule, number in choose(ways).items()}
    return Level(reals=ways.reals, fakes=ways.fakes, temperature=scale, points=points)


def _point(ways: Cuts, number: int, scale: float) -> Point:
    threshold, tp, fp = float(ways.threshold[number]), int(ways.tp[number]), int(ways.fp[number])
    tpr, fpr = tp / ways.fakes, fp / ways.reals
    return Point(
        logit=threshold,
        probability=float(sigmoid(np.array(threshold / scale))),
        tpr=round(tpr, DIGITS),
        fpr=round(fpr, DIGITS),
        f1=round(2 * tp / (ways.fakes + tp + fp), DIGITS),
        accuracy=round((tp + ways.reals - fp) / (ways.fakes + ways.reals), DIGITS),
        balanced_accuracy=round((tpr + 1 - fpr) / 2, DIGITS),
    )
