"""What a secondary head is: a module in `heads/` with settings and a way to learn; and the choice among settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import product
from pkgutil import iter_modules
from typing import Annotated, Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from unmask.params import Section
from unmask.probe import heads
from unmask.probe.faces import Faces
from unmask.tune.aggregate import pool

Value = TypeVar("Value")
# Values that are tried one after the other; the one that is best on validation is kept.
Tried = Annotated[tuple[Value, ...], Field(min_length=1)]
# One value for every setting.
Choice = Mapping[str, Any]
# From faces (all those of each of their videos) to log-odds of fake, one for each face.
Score = Callable[[Faces], NDArray[np.float64]]


@dataclass(frozen=True)
class Fitted:
    """A head that has learned.

    Attributes:
        score: Scores faces.
        history: Numbers of every epoch; empty for heads that have none.
        best: Number of the epoch that was kept, from 1; 0 if there are none.
    """

    score: Score
    history: Sequence[Mapping[str, float]] = field(default_factory=list)
    best: int = 0


class HeadSettings(Section):
    """Settings of every head; each that is a tuple holds values to be tried."""

    def check_faces(self, count: int) -> None:
        """Refuse a number of training faces that the head cannot learn from, before any is embedded.

        Args:
            count: Faces that heads on single faces learn from.

        Raises:
            DataError: There are too few or too many.
        """


class Head(Protocol):
    """A module in `heads/`.

    Attributes:
        TEMPORAL: Whether it judges the faces of a track together, in order of time.
        Settings: Its settings.
    """

    TEMPORAL: bool
    Settings: type[HeadSettings]

    def fit(self, learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
        """Learn from training faces; validation faces may stop and scale, but are never learned from."""
        ...


@dataclass(frozen=True)
class Chosen:
    """The best of all that were tried.

    Attributes:
        fitted: The head.
        choice: Its settings.
        auc: On validation videos.
        tried: Every choice with its AUC on validation videos, in order.
    """

    fitted: Fitted
    choice: Choice
    auc: float
    tried: Sequence[tuple[Choice, float]]


def names() -> list[str]:
    """List the heads that exist."""
    return sorted(module.name for module in iter_modules(heads.__path__))


def find(name: str) -> Head:
    """Import a head."""
    return cast(Head, import_module(f"{heads.__name__}.{name}"))


def choices(settings: Section) -> list[Choice]:
    """Combine the values that are to be tried, in the order of the settings, the last one varying fastest."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    lists = [value if isinstance(value, tuple) else (value,) for value in values.values()]
    return [dict(zip(values, one, strict=True)) for one in product(*lists)]


def choose(head: Head, learned: Faces, judged: Faces, settings: Section, seed: int) -> Chosen:
    """Fit a head with every combination of its settings and keep the one that is best on validation videos.

    Args:
        head: The module.
        learned: Faces of the training split; nothing else is learned from.
        judged: Faces of the validation split.
        settings: Values to be tried; of those with equal AUC the one with the lower loss is kept, else the first.
        seed: Seed of what is drawn.
    """
    best, tried = None, []
    for choice in choices(settings):
        # With more threads the last bits of a sum depend on their number.
        with threadpool_limits(1):
            fitted = head.fit(learned, judged, choice, seed)
            logits = fitted.score(judged)
        auc, loss = video_auc(judged, logits), balanced_loss(judged, logits)
        tried.append((choice, auc))
        if best is None or (auc, -loss) > best[0]:
            best = (auc, -loss), fitted, choice
    assert best is not None  # every setting has a value
    return Chosen(best[1], best[2], best[0][0], tried)


def video_auc(faces: Faces, logits: NDArray[np.float64]) -> float:
    """Give the area under the ROC curve over videos: mean logit of each track, the highest of each video.

    Args:
        faces: Faces sorted by video; both classes occur.
        logits: Log-odds of fake, shape (faces,).

    Returns:
        0 to 1; 0.5 is chance.
    """
    starts = faces.starts
    ends = [*starts[1:], len(faces)]
    scores = [pool(logits[a:b], faces.tracks[a:b], "mean_logit") for a, b in zip(starts, ends, strict=True)]
    return float(roc_auc_score(faces.labels[starts], scores))


def balanced_loss(faces: Faces, logits: NDArray[np.float64]) -> float:
    """Give the mean cross-entropy of faces, both classes weighing the same.

    Args:
        faces: Both classes occur.
        logits: Log-odds of fake, shape (faces,).
    """
    losses = np.logaddexp(0, np.where(faces.labels == 1, -logits, logits))
    return float(np.mean(faces.balanced * losses))
