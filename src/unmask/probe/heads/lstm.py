"""A long short-term memory on tracks (Hochreiter and Schmidhuber 1997, "Long short-term memory")."""

from torch import nn

from unmask.probe.faces import Faces
from unmask.probe.head import Choice, Fitted
from unmask.probe.learn import learn
from unmask.probe.recurrent import Recurrent
from unmask.probe.recurrent import RecurrentSettings as Settings

__all__ = ["TEMPORAL", "Settings", "fit"]

TEMPORAL = True


def fit(learned: Faces, judged: Faces, choice: Choice, seed: int) -> Fitted:
    """Learn from the tracks of the training faces."""
    return learn(lambda given: Recurrent(nn.LSTM, given), learned, judged, choice, seed)
