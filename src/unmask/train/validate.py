"""Judge a network on the validation split, per crop or per video, whose score is the mean logit of its crops."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score

Floats = NDArray[np.floating]


def by_video(videos: Sequence[str], labels: Floats, logits: Floats) -> tuple[Floats, Floats]:
    """Give label and mean logit of every video.

    Args:
        videos: Video of every crop.
        labels: Shape (n), 0 real, 1 fake, the same for all crops of a video.
        logits: Shape (n).

    Returns:
        Two arrays of shape (videos).
    """
    _, first, video = np.unique(np.asarray(videos), return_index=True, return_inverse=True)
    return labels[first], np.bincount(video, weights=logits) / np.bincount(video)


def video_auc(videos: Sequence[str], labels: Floats, logits: Floats) -> float:
    """Give the area under the ROC curve over videos.

    Args:
        videos: Video of every crop.
        labels: Shape (n), 0 real, 1 fake, the same for all crops of a video.
        logits: Shape (n).

    Returns:
        0 to 1; 0.5 is chance.

    Example:
        >>> video_auc(["a", "a", "b", "c"], np.array([1, 1, 0, 0]), np.array([-1.0, 5.0, 1.0, 3.0]))
        0.5
    """
    return float(roc_auc_score(*by_video(videos, labels, logits)))


def video_ap(videos: Sequence[str], labels: Floats, logits: Floats) -> float:
    """Give the average precision over videos, fakes being what is looked for; arguments as for `video_auc`."""
    return float(average_precision_score(*by_video(videos, labels, logits)))


def video_accuracy(videos: Sequence[str], labels: Floats, logits: Floats) -> float:
    """Give the share of videos on the right side of a logit of 0; arguments as for `video_auc`."""
    truth, means = by_video(videos, labels, logits)
    return float(accuracy_score(truth, means > 0))


def crop_auc(videos: Sequence[str], labels: Floats, logits: Floats) -> float:
    """Give the area under the ROC curve over crops; arguments as for `video_auc`."""
    return float(roc_auc_score(labels, logits))


SCORES: Mapping[str, Callable[[Sequence[str], Floats, Floats], float]] = {
    "video_auc": video_auc,
    "video_ap": video_ap,
    "video_accuracy": video_accuracy,
    "crop_auc": crop_auc,
}
# Columns of the curves that are always there: the AUC over videos, and the loss over crops.
ALWAYS = {"video_auc": "val_auc", "loss": "val_loss"}
# Nothing is chosen: the last epoch is kept, so that fakes of the validation split have no say in what is learned.
LAST = "last"


def column(select: str) -> str:
    """Give the name of the curve that stands for a score; where none chooses, that of the AUC over videos."""
    return ALWAYS.get("video_auc" if select == LAST else select, f"val_{select}")


def better(now: Mapping[str, float], before: Mapping[str, float] | None, select: str) -> bool:
    """Tell whether an epoch is kept in place of the one before: the better one; of two alike, that of lower loss.

    Args:
        now: Scores of the epoch.
        before: Scores of the epoch kept so far; None if there is none.
        select: What chooses; with `last` every epoch takes the place of the one before.
    """
    name = column(select)

    def rank(epoch: Mapping[str, float]) -> tuple[float, float]:
        return (-epoch["val_loss"] if select == "loss" else epoch[name], -epoch["val_loss"])

    return before is None or select == LAST or rank(now) > rank(before)
