"""What heads on single faces share: embeddings standardised by the training faces alone, and a word on solvers."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from unmask.errors import warn
from unmask.probe.faces import Faces


@dataclass(frozen=True)
class Standard:
    """Mean and deviation of every feature over the faces that were learned from.

    Attributes:
        mean: Shape (features,).
        scale: Shape (features,); 1 where a feature never varies.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, learned: Faces) -> Self:
        """Measure training faces."""
        scaler = StandardScaler().fit(learned.values.astype(np.float64))
        return cls(scaler.mean_, scaler.scale_)

    def __call__(self, faces: Faces) -> NDArray[np.float64]:
        """Standardise any faces, shape (faces, features)."""
        return (faces.values.astype(np.float64) - self.mean) / self.scale


@contextmanager
def converging(said: str) -> Iterator[None]:
    """Warn in our own words if a solver of scikit-learn gives up before it is done.

    Args:
        said: What did not converge, and what would help.
    """
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", ConvergenceWarning)
        yield
    for one in heard:
        if not issubclass(one.category, ConvergenceWarning):
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    if any(issubclass(one.category, ConvergenceWarning) for one in heard):
        warn(said)
