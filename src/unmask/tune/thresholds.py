"""Thresholds: for each rule, the best place to cut scores into real and fake."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from unmask.tune.aggregate import Floats, Ints
from unmask.tune.params import RULES, Rule


@dataclass(frozen=True)
class Cuts:
    """Every distinct way to cut scores in two, from flagging nothing to flagging all.

    Attributes:
        threshold: Scores from here up are called fake; descending, shape (cuts,).
        tp: Fakes that are called fake, shape (cuts,).
        fp: Reals that are called fake, shape (cuts,).
        fakes: Number of fakes.
        reals: Number of reals.
    """

    threshold: Floats
    tp: Ints
    fp: Ints
    fakes: int
    reals: int


def cuts(scores: Floats, labels: Ints) -> Cuts:
    """List every cut; a threshold lies midway between neighbouring scores, the outer two one unit beyond the last.

    Midway is the place that is least likely to flip a decision when scores shift a little on other data or on
    another processor.

    Args:
        scores: Log-odds of fake, finite, shape (n,).
        labels: 0 real, 1 fake, shape (n,).

    Example:
        >>> cuts(np.array([1.0, 3.0, 3.0]), np.array([0, 0, 1])).threshold.tolist()
        [4.0, 2.0, 0.0]
    """
    values, place = np.unique(scores, return_inverse=True)
    fakes = np.bincount(place[labels == 1], minlength=len(values))[::-1]
    reals = np.bincount(place[labels == 0], minlength=len(values))[::-1]
    lower, upper = values[:-1], values[1:]
    middle = lower + (upper - lower) / 2
    # Between adjacent floating-point numbers there is no middle: then the upper one, which is itself called fake.
    middle = np.where(middle > lower, middle, upper)
    threshold = np.concatenate([[values[-1] + 1], middle[::-1], [values[0] - 1]])
    tp, fp = (np.concatenate([[0], np.cumsum(counts)]) for counts in (fakes, reals))
    return Cuts(threshold, tp, fp, int(fakes.sum()), int(reals.sum()))


def choose(cuts: Cuts) -> dict[Rule, int]:
    """Give the number of the best cut for every rule; of equally good ones the highest, which raises fewest alarms.

    - `max_f1`: highest F1 of the class fake. It leans to the larger class: with five fakes to a real it flags freely.
    - `youden`: highest TPR - FPR, which is also the highest balanced accuracy.
    - `eer`: FPR and miss rate as close as they come.
    - `fpr_1`: highest TPR among cuts that flag at most 1 % of reals.
    """
    # Whole numbers, so that ties are ties.
    missed = cuts.fakes - cuts.tp
    goals: dict[Rule, npt.NDArray[np.float64] | npt.NDArray[np.int64]] = {
        "max_f1": 2 * cuts.tp / (cuts.fakes + cuts.tp + cuts.fp),
        "youden": cuts.tp * cuts.reals - cuts.fp * cuts.fakes,
        "eer": -np.abs(cuts.fp * cuts.fakes - missed * cuts.reals),
        "fpr_1": np.where(100 * cuts.fp <= cuts.reals, cuts.tp, -1),
    }
    return {rule: int(np.argmax(goals[rule])) for rule in RULES}
