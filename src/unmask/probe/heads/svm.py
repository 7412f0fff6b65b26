"""A support vector machine on single faces, linear or with a Gaussian kernel, both classes weighing the same."""

from typing import Annotated, Literal

from pydantic import Field
from sklearn.svm import SVC

from unmask.params import Section
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, Tried
from unmask.probe.standard import Standard
from unmask.tune.calibrate import temperature

TEMPORAL = False


class Settings(Section):
    """Which kernel, and how far it follows the training faces.

    Attributes:
        kernel: `linear` or `rbf`; values to be tried.
        c: Cost of a training face on the wrong side; values to be tried.
        gamma: Inverse width of the Gaussian kernel; `scale` is 1 / (features * their variance). The linear kernel has
            none, so with both kernels several values try the linear one several times.
    """

    kernel: Tried[Literal["linear", "rbf"]]
    c: Tried[Annotated[float, Field(gt=0)]]
    gamma: Tried[Literal["scale"] | Annotated[float, Field(gt=0)]]


def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Learn by scikit-learn's SVC.

    Its decision function is a distance from the margin. One positive factor, fitted on validation, makes log-odds of
    it (Platt 1999, "Probabilistic outputs for support vector machines", without the shift, as both classes weigh the
    same), so that no order changes.
    """
    standard = Standard.of(learned)
    machine = SVC(kernel=choice["kernel"], C=choice["c"], gamma=choice["gamma"])
    machine.fit(standard(learned), learned.labels, sample_weight=learned.balanced)
    scale = temperature(machine.decision_function(standard(judged)), judged.labels)
    return Fitted(lambda faces: machine.decision_function(standard(faces)) / scale)
