"""Figures from measurements: times of one set and of further ones, ratios, and whether they reach their targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from statistics import median
from typing import Any

import numpy as np
from bench.way.agree import Agreement
from bench.way.contenders import PROCESSES, Took

# How often the larger set holds each video.
TIMES = 3
# How the detectors alone are timed.
CLOCKS = ("seconds", "processor")


@dataclass(frozen=True)
class Runs:
    """The runs of one contender: on the videos once, and on TIMES as many."""

    once: Sequence[Took]
    thrice: Sequence[Took]

    def least(self, *parts: str, large: bool = False) -> float:
        """Give the smallest time of a run, or of the sum of some of its parts."""
        return min(_times(self.thrice if large else self.once, parts), default=nan)

    def middle(self, *parts: str) -> float:
        """Give the median of the runs on the videos once."""
        return median(_times(self.once, parts))

    def steady(self, *parts: str) -> float:
        """Give the time of one more set, when everything has started: of the difference its share of one set."""
        return (self.least(*parts, large=True) - self.least(*parts)) / (TIMES - 1)

    def processor(self, large: bool = False) -> float:
        """Give the smallest processor time of a run."""
        return min((took.processor for took in (self.thrice if large else self.once)), default=nan)

    def steady_processor(self) -> float:
        """Give the processor time of one more set."""
        return (self.processor(large=True) - self.processor()) / (TIMES - 1)


def _times(runs: Sequence[Took], parts: Sequence[str]) -> list[float]:
    return [sum(took.parts[part] for part in parts) if parts else took.seconds for took in runs]


@dataclass(frozen=True)
class Results:
    """All that was measured.

    Attributes:
        facts: What machine and which libraries.
        runs: By contender.
        alone: Seconds of the detectors on the same frames, by clock (`seconds`, `processor`) and detector.
        agreement: Of our faces with those of peer a and peer b, by `a` and `b`.
        memory: Megabytes by clip, contender and `short` or `long`.
        increments: What one more video cost.
    """

    facts: Sequence[str]
    runs: Mapping[str, Runs]
    alone: Mapping[str, Mapping[str, float]]
    agreement: Mapping[str, Agreement]
    memory: Mapping[str, Mapping[str, Mapping[str, float]]]
    increments: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Figure:
    """A target and what was measured.

    Attributes:
        what: What is measured.
        target: The bound.
        measured: The figure.
        unit: How both are written: `x` a factor, `%` a share, `` a number.
        least: Whether the target is a lower bound; else an upper one.
        medians: The same figure of the medians, where there is one.
        processor: The same figure of processor time, where there is one: it bears with other programs beside it.
    """

    what: str
    target: float
    measured: float
    unit: str = "x"
    least: bool = True
    medians: float | None = None
    processor: float | None = None

    @property
    def met(self) -> bool:
        """Whether the target is reached; a figure that could not be made reaches none."""
        return self.measured >= self.target if self.least else self.measured <= self.target


def figures(results: Results) -> list[Figure]:
    """Give all figures that have a target."""
    return [*_speed(results), *_agreement(results.agreement["a"]), *_memory(results), *_increments(results)]


def _speed(results: Results) -> list[Figure]:
    ours, one = results.runs["ours"], results.runs["ours, 1 worker"]
    a, b, floor = (results.runs[name] for name in ("peer a", "peer b", "decode plain"))
    found = []
    for name, peer, target in (("a", a, 5.0), ("b", b, 2.0)):
        with_all = f"detection against ({name}): our whole command against its calls of the detector alone"
        whole = peer.least("detect") / PROCESSES / ours.least("detect")
        middle = peer.middle("detect") / PROCESSES / ours.middle("detect")
        found.append(Figure(f"{with_all}, these videos", target, whole, medians=middle))
        steady = ratio(peer.steady("detect") / PROCESSES, ours.steady("detect"))
        found.append(Figure(f"{with_all}, each further set", target, steady))
        alone, also = (ratio(results.alone[clock][name], results.alone[clock]["ours"]) for clock in CLOCKS)
        found.append(
            Figure(f"detectors alone against ({name}), the same frames, one thread", target, alone, processor=also)
        )
    found += _both("whole way against (a)", 3.0, a, ours)
    found += _both("whole way against merely decoding", 1.6, ours, floor, least=False)
    # Two workers save no processor time.
    return found + [replace(figure, processor=None) for figure in _both("two workers against one", 1.7, one, ours)]


def _both(what: str, target: float, one: Runs, other: Runs, least: bool = True) -> list[Figure]:
    """Give the ratio of two contenders on the videos once, and on each further set."""
    middle, processor = ratio(one.middle(), other.middle()), ratio(one.processor(), other.processor())
    further = ratio(one.steady_processor(), other.steady_processor())
    return [
        Figure(f"{what}, these videos", target, ratio(one.least(), other.least()), "x", least, middle, processor),
        Figure(f"{what}, each further set", target, ratio(one.steady(), other.steady()), "x", least, None, further),
    ]


def _agreement(agreement: Agreement) -> list[Figure]:
    mean = float(np.mean(agreement.distances)) if len(agreement.distances) else nan
    return [
        Figure("largest faces of (a) found again", 0.99, agreement.share, "%"),
        Figure("mean landmark distance from (a), of the eye distance", 0.04, mean, "%", least=False),
    ]


def _memory(results: Results) -> list[Figure]:
    found = []
    for stage in ("extract", "detect", "crop"):
        worst = max(ratio(sizes[stage]["long"], sizes[stage]["short"]) for sizes in results.memory.values())
        found.append(Figure(f"memory of {stage}, video ten times longer", 1.1, worst, least=False))
    return found


def _increments(results: Results) -> list[Figure]:
    found = []
    for one in results.increments:
        what = f"one more than {one['videos']} videos{one['title']}"
        share = ratio(sum(one["more"].values()), sum(one["whole"].values()))
        found.append(Figure(f"{what}: share of the full time", 0.1, share, "%", least=False))
        found.append(
            Figure(f"{what}: shards changed per stage, at most", 1, max(one["changed"].values()), "", least=False)
        )
        found.append(Figure(f"{what}: bytes are those of the full run", 1, float(one["same"]), "yes"))
    return found


def ratio(one: float, other: float) -> float:
    """Divide, or give NaN where the machine was too restless for a sensible figure.

    Example:
        >>> ratio(3.0, 2.0), ratio(3.0, -0.1)
        (1.5, nan)
    """
    return one / other if one > 0 and other > 0 else nan
