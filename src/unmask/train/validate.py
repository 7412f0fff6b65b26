"""Judge a network on validation videos: the mean logit of a video's crops is its score."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score


def video_auc(videos: Sequence[str], labels: np.ndarray, logits: np.ndarray) -> float:
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
    _, first, video = np.unique(np.asarray(videos), return_index=True, return_inverse=True)
    means = np.bincount(video, weights=logits) / np.bincount(video)
    return float(roc_auc_score(labels[first], means))
