"""The charts of the page."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator

from unmask.evaluate.results import Results
from unmask.report.drawing import DASHES, FAKE, INK, MUTED, REAL, SERIES, SURFACE, picture
from unmask.report.story import percent

TICKS = (0.01, 0.1, 0.5, 0.9, 0.99)


def roc(results: Results, curves: Mapping[str, pd.DataFrame], corpora: Sequence[str]) -> str:
    """Draw one recipe's ROC curves, one for each corpus, with a dot where the carried threshold lands.

    Args:
        results: The recipe's metrics.
        curves: For each corpus its `fpr` and `tpr`.
        corpora: Names in the page's order, which gives the colours.
    """
    text = f"ROC curves of {results.recipe} on " + ", ".join(results.corpora)
    with picture(f"roc-{results.recipe}", text, 3.6, 3.5) as made:
        axes = made.axes
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (1, 3)))
        for name in corpora:
            if name not in curves or curves[name].empty:  # one class gives no curve
                continue
            part = curves[name]
            colour, dash = _style(corpora.index(name))
            axes.plot(part["fpr"], part["tpr"], color=colour, linestyle=dash, clip_on=False, zorder=3)
            video = results.corpora[name].video
            if video.fpr.value is not None and video.tpr.value is not None:
                axes.plot(video.fpr.value, video.tpr.value, "o", color=colour, markersize=8, markeredgecolor=SURFACE,
                          markeredgewidth=1.5, clip_on=False, zorder=5)  # fmt: skip
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="real videos flagged", ylabel="fake videos caught", aspect="equal")
        _percent(axes.xaxis)
        _percent(axes.yaxis)
    return made.svg


def histogram(results: Results, counts: pd.DataFrame, corpus: str) -> str:
    """Draw the scores of one corpus' real and fake videos, and the carried threshold.

    Args:
        results: The recipe's metrics.
        counts: The corpus' `label`, `low`, `high` and `share`.
        corpus: Name of the corpus.
    """
    video = results.points.video
    threshold = video.points[results.points.rule].logit / video.temperature
    text = f"How sure {results.recipe} is that real and fake videos of {corpus} are fake; threshold {threshold:.2f}"
    with picture(f"scores-{results.recipe}-{corpus}", text, 3.6, 2.1) as made:
        axes = made.axes
        for label, colour, dash in ((0, REAL, "-"), (1, FAKE, (0, (6, 2)))):
            part = counts[counts["label"] == label]
            edges = [*part["low"], *part["high"].iloc[-1:]]
            axes.stairs(part["share"], edges, color=colour, alpha=0.28, fill=True)
            axes.stairs(part["share"], edges, color=colour, linewidth=1.5, linestyle=dash)
        low, high = float(counts["low"].min()), float(counts["high"].max())
        axes.axvline(float(np.clip(threshold, low, high)), color=INK, linewidth=1.4)
        axes.set(xlim=(low, high), xlabel="calibrated probability of fake", ylabel="share of class")
        axes.set_xticks([float(np.log(p / (1 - p))) for p in TICKS], [percent(p, 0) for p in TICKS])
        axes.set_ylim(bottom=0)
        axes.grid(False, axis="x")
        _percent(axes.yaxis)
    return made.svg


def learning(name: str, curves: Mapping[str, pd.DataFrame], best: Mapping[str, int], recipes: Sequence[str]) -> str:
    """Draw one number over epochs, a line for each recipe, with a dot at the epoch that was kept.

    Args:
        name: Name of the number.
        curves: For each recipe `step` and `value`.
        best: For each recipe the epoch that was kept, where known.
        recipes: Names in the page's order, which gives the colours.
    """
    with picture(f"learning-{name}", f"{name} over epochs for {', '.join(curves)}", 3.6, 2.1) as made:
        axes = made.axes
        for recipe, part in curves.items():
            colour, dash = _style(recipes.index(recipe))
            axes.plot(part["step"], part["value"], color=colour, linestyle=dash)
            kept = part[part["step"] == best.get(recipe)]
            axes.plot(kept["step"], kept["value"], "o", color=colour, markersize=7, markeredgecolor=SURFACE,
                      markeredgewidth=1.5, zorder=5)  # fmt: skip
        axes.set(xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return made.svg


def _style(number: int) -> tuple[str, object]:
    return SERIES[number % len(SERIES)], DASHES[number % len(DASHES)]


def _percent(axis: Axis) -> None:
    axis.set_major_formatter(lambda value, _: percent(value, 0))
