"""The baseline for heads that see time: the network's own head on every face, averaged over a track's frames."""

from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted, HeadSettings

TEMPORAL = False


class Settings(HeadSettings):
    """There is nothing to set."""


def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Take the logits as they are; the average is that of every detector."""
    return Fitted(lambda faces: faces.logits)
