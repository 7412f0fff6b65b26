"""The step: measure one recipe on every corpus' test videos, with the thresholds that validation gave."""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from unmask.errors import DataError
from unmask.evaluate import curves, results
from unmask.evaluate.metrics import DIGITS, Scores, measure
from unmask.evaluate.params import Params
from unmask.evaluate.results import Corpus, Cost, Coverage, Method, Metrics, Results
from unmask.evaluate.tables import VIDEOS
from unmask.systems import HEADS, heads
from unmask.tune import points as file
from unmask.tune.aggregate import read_faces, video_scores
from unmask.tune.calibrate import sigmoid
from unmask.tune.points import Level, OperatingPoints

UNNAMED = "unnamed"


def evaluate(scores: Path, probes: Path, points: Path, model: Path, out: Path, metrics: Path, evaluate: Params) -> None:
    """Measure the test rows of one recipe's scores, and of those of its heads.

    Args:
        scores: Folder of `scores.parquet`; rows of the split `val` are never looked at.
        probes: Folder with the folder `heads`, which has such a folder for each secondary head.
        points: Folder of `operating_points.json`, and of `heads/<head>/operating_points.json`.
        model: Folder of the model; its `summary.json` says which corpora it was trained on.
        out: Folder for `metrics.json`, `videos.parquet`, `roc/` and `histogram/`; its name is the recipe's. Its folder
            `heads` gets such a folder for each head.
        metrics: Folder of the short files for `dvc metrics`, one for each corpus, and of a folder for each head.
        evaluate: How intervals are made.

    Raises:
        DataError: There is no test row, or the operating points are missing.
    """
    (out / HEADS).mkdir(parents=True, exist_ok=True)
    _evaluate(Folders(scores, points, model, out, metrics), evaluate)
    for head in heads(probes):
        made = probes / HEADS / head
        _evaluate(Folders(made, points / HEADS / head, made, out / HEADS / head, metrics / head), evaluate)


class Folders(NamedTuple):
    """Where one detector's files lie; see `evaluate`."""

    scores: Path
    points: Path
    model: Path
    out: Path
    metrics: Path


def _evaluate(folders: Folders, evaluate: Params) -> None:
    scores, points, model, out, metrics = folders
    fitted = file.read(points)
    seen = {*fitted.corpora, *_trained_on(model)}
    faces = read_faces(scores, "test")
    videos = video_scores(faces, fitted.aggregation).rename(columns={"score": "logit"})
    corpora = {str(name): (faces[faces["corpus"] == name], part) for name, part in videos.groupby("corpus")}
    found = Results(
        recipe=out.name,
        draws=evaluate.draws,
        confidence=evaluate.confidence,
        points=fitted,
        corpora={name: _corpus(name, *tables, name in seen, fitted, evaluate) for name, tables in corpora.items()},
    )
    results.write(found, out)
    results.write_short(found, metrics)
    VIDEOS.write(_verdicts(videos, fitted).to_dict("records"), out)
    _write_curves({name: part[part["logit"].notna()] for name, (_, part) in corpora.items()}, fitted.video, out)


def _trained_on(model: Path) -> list[str]:
    path = model / "summary.json"
    try:
        corpora: list[str] = json.loads(path.read_text(encoding="utf-8"))["corpora"]
    except (OSError, ValueError, KeyError):
        raise DataError(f"{path} does not say which corpora were trained on; run the step `train` again.") from None
    return corpora


def _corpus(
    name: str, faces: pd.DataFrame, videos: pd.DataFrame, seen: bool, fitted: OperatingPoints, params: Params
) -> Corpus:
    frame, video = _levels(name, faces, videos, fitted, params)
    methods = {}
    for method in sorted(set(videos.loc[videos["label"] == 1, "method"])):
        # One method's fakes against all reals of the corpus.
        few, some = (table[(table["label"] == 0) | (table["method"] == method)] for table in (faces, videos))
        parts = _levels(f"{name}/{method}", few, some, fitted, params)
        fakes = videos[(videos["label"] == 1) & (videos["method"] == method)]
        methods[method or UNNAMED] = Method(coverage=_coverage(fakes), frame=parts[0], video=parts[1])
    return Corpus(
        within=seen,
        coverage=_coverage(videos),
        frame=frame,
        video=video,
        costs={rule: _cost(videos, point.logit) for rule, point in fitted.video.points.items()},
        methods=methods,
    )


def _levels(
    name: str, faces: pd.DataFrame, videos: pd.DataFrame, fitted: OperatingPoints, params: Params
) -> tuple[Metrics, Metrics]:
    frame = _measure(name, faces, fitted.frame, fitted, params)
    return frame, _measure(name, videos, fitted.video, fitted, params)


def _measure(name: str, table: pd.DataFrame, level: Level, fitted: OperatingPoints, params: Params) -> Metrics:
    scored = table[table["logit"].notna()]
    subset = Scores(name, scored["logit"].to_numpy(), scored["label"].to_numpy(), scored["cluster"].tolist())
    return measure(subset, level, level.points[fitted.rule].logit, params)


def _coverage(videos: pd.DataFrame) -> Coverage:
    scored = videos["logit"].notna()
    missing = videos.loc[~scored, "status"].value_counts().sort_index()
    return Coverage(
        videos=len(videos),
        scored=int(scored.sum()),
        share=round(float(scored.mean()), DIGITS),
        missing={str(status): int(count) for status, count in missing.items()},
    )


def _cost(videos: pd.DataFrame, threshold: float) -> Cost:
    scored = videos[videos["logit"].notna()]
    flagged, fake = scored["logit"] >= threshold, scored["label"] == 1
    tpr, fpr, accuracy = flagged[fake].mean(), flagged[~fake].mean(), (flagged == fake).mean()
    values = {"tpr": tpr, "fpr": fpr, "accuracy": accuracy, "balanced_accuracy": (tpr + 1 - fpr) / 2}
    return Cost(**{name: None if np.isnan(value) else round(float(value), DIGITS) for name, value in values.items()})


def _verdicts(videos: pd.DataFrame, fitted: OperatingPoints) -> pd.DataFrame:
    scored = videos["logit"].notna()
    logits = videos.loc[scored, "logit"].to_numpy()
    table = videos[[column.name for column in VIDEOS.columns if column.name in videos]].astype(object)
    table[["probability", "decision"]] = None
    table.loc[~scored, "logit"] = None
    table.loc[scored, "probability"] = sigmoid(logits / fitted.video.temperature)
    table.loc[scored, "decision"] = (logits >= fitted.video.points[fitted.rule].logit).astype(int)
    return table


def _write_curves(corpora: dict[str, pd.DataFrame], level: Level, out: Path) -> None:
    arrays = {name: (part["logit"].to_numpy(), part["label"].to_numpy()) for name, part in corpora.items()}
    curves.write({name: curves.roc(*pair) for name, pair in arrays.items()}, out / curves.ROC)
    scaled = {name: curves.histogram(logit / level.temperature, label) for name, (logit, label) in arrays.items()}
    curves.write(scaled, out / curves.HISTOGRAM)
