"""Logistic regression on single faces, both classes weighing the same."""

from typing import Annotated

from pydantic import Field
from sklearn.linear_model import LogisticRegression

from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, HeadSettings, Tried
from unmask.probe.standard import Standard, converging

TEMPORAL = False


class Settings(HeadSettings):
    """How far it follows the training faces.

    Attributes:
        c: Inverse of the strength of the L2 penalty; values to be tried.
        most_steps: After how many steps the solver gives up.
    """

    c: Tried[Annotated[float, Field(gt=0)]]
    most_steps: Annotated[int, Field(ge=1)]


def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Learn by scikit-learn's LogisticRegression; its decision function is log-odds of fake."""
    standard = Standard.of(learned)
    regression = LogisticRegression(C=choice["c"], max_iter=choice["most_steps"])
    with converging(f"logistic regression with c {choice['c']:g} did not converge; raise `most_steps`."):
        regression.fit(standard(learned), learned.labels, sample_weight=learned.balanced)
    return Fitted(lambda faces: regression.decision_function(standard(faces)))
