"""A support vector machine on single faces, linear or with a Gaussian kernel, both classes weighing the same."""

from typing import Annotated, Literal

from pydantic import Field
from sklearn.svm import SVC, LinearSVC

from unmask.errors import DataError
from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, HeadSettings, Tried
from unmask.probe.standard import Standard, converging
from unmask.tune.calibrate import temperature

TEMPORAL = False
# Faces that a Gaussian kernel learns from at most. scikit-learn's documentation of SVC: "The fit time scales at least
# quadratically with the number of samples and may be impractical beyond tens of thousands of samples" (in version 0.20:
# "more than a couple of 10000 samples").
MOST = 20_000
# Of liblinear, ten times those of scikit-learn: few faces of many features take more, and are soon done.
STEPS = 10_000


class Settings(HeadSettings):
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

    def check_faces(self, count: int) -> None:
        """Refuse a Gaussian kernel on so many faces that it would never be done."""
        if "rbf" in self.kernel and count > MOST:
            raise DataError(
                f"`probes.heads.svm`: there are {count} training faces, but the kernel `rbf` learns from {MOST} at "
                "most, as its time grows with their square or faster; lower `probes.faces_per_video`, or take "
                "`kernel: [linear]`."
            )


def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Learn by scikit-learn's SVC, or where the kernel is linear by its LinearSVC, which can take many more faces.

    LinearSVC squares the hinge loss and penalises the bias too. Solved in the primal, it draws nothing at random.

    The decision function is a distance from the margin. One positive factor, fitted on validation, makes log-odds of
    it (Platt 1999, "Probabilistic outputs for support vector machines", without the shift, as both classes weigh the
    same), so that no order changes.
    """
    standard = Standard.of(learned)
    kernel, c = choice["kernel"], choice["c"]
    linear = kernel == "linear"
    machine = LinearSVC(C=c, dual=False, max_iter=STEPS) if linear else SVC(C=c, kernel=kernel, gamma=choice["gamma"])
    with converging(f"svm with c {c:g} did not converge; lower `c`."):
        machine.fit(standard(learned), learned.labels, sample_weight=learned.balanced)
    scale = temperature(machine.decision_function(standard(judged)), judged.labels)
    return Fitted(lambda faces: machine.decision_function(standard(faces)) / scale)
