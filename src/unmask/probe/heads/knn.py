"""Nearest neighbours of single faces: the training faces that look most alike vote, both classes weighing the same."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.neighbors import NearestNeighbors

from unmask.errors import DataError
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, HeadSettings, Tried
from unmask.probe.standard import Standard

TEMPORAL = False
# Votes that each class has from the start, so that no logit is infinite (Krichevsky and Trofimov 1981).
START = 0.5


class Settings(HeadSettings):
    """Who votes.

    Attributes:
        neighbours: How many training faces; values to be tried.
        metric: What is near, `euclidean` or `cosine`; values to be tried.
    """

    neighbours: Tried[Annotated[int, Field(ge=1)]]
    metric: Tried[Literal["euclidean", "cosine"]]

    def check_faces(self, count: int) -> None:
        """Refuse more neighbours than there are faces."""
        if (most := max(self.neighbours)) > count:
            raise DataError(
                f"`probes.heads.knn.neighbours` is {most}, but there are only {count} training faces; take fewer "
                "neighbours."
            )


def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Keep the training faces; there are at least as many as neighbours."""
    standard = Standard.of(learned)
    near = NearestNeighbors(n_neighbors=choice["neighbours"], metric=choice["metric"]).fit(standard(learned))
    votes = learned.balanced

    def score(faces: Faces) -> NDArray[np.float64]:
        found = near.kneighbors(standard(faces), return_distance=False)
        fake = (votes * learned.labels)[found].sum(axis=1)
        real = (votes * (1 - learned.labels))[found].sum(axis=1)
        odds: NDArray[np.float64] = np.log((fake + START) / (real + START))
        return odds

    return Fitted(score)
