"""The tables of docs/benchmarks.md."""

from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np
from bench.docs import table
from bench.way.agree import Agreement
from bench.way.contenders import PROCESSES
from bench.way.figures import Figure, Results, Runs, figures, ratio
from bench.way.material import STAGES

NAMES = {
    "decode plain": "merely decoding (PyAV)",
    "decode discard": "the same, frames that no other refers to discarded",
    "decode rgb": "the same, every frame turned into RGB",
    "decode opencv_read": "merely decoding (OpenCV, `read`)",
    "decode opencv_grab": "merely decoding (OpenCV, `grab`)",
    "peer a": "peer (a)",
    "peer b": "peer (b)",
    "ours": "unmask, 2 workers",
    "ours, 1 worker": "unmask, 1 worker",
}


def tables(results: Results) -> str:
    """Write everything down as Markdown."""
    parts = [
        "\n".join(f"- {fact}" for fact in results.facts),
        "### Targets",
        _targets(figures(results)),
        "### The whole way",
        _whole(results.runs),
        "### Parts",
        _parts(results.runs),
        "### Face detectors alone",
        _alone(results.alone),
        "### Faces found by both",
        _faces(results.agreement),
        "### Memory",
        _memory(results),
        "### One more video",
        _increments(results),
    ]
    return "\n\n".join(parts)


def written(value: float | None, unit: str = "x") -> str:
    """Write a figure: `x` a factor, `%` a share, `s` seconds, `MB`, `yes` yes or no, `` a whole number.

    Example:
        >>> written(3.04), written(0.995, "%"), written(float("nan")), written(1.0, "yes"), written(12.3, "s")
        ('3.0 x', '99.5 %', 'not measurable', 'yes', '12.3')
    """
    if value is None:
        return ""
    if isnan(value):
        return "not measurable"
    if unit == "yes":
        return "yes" if value else "no"
    forms = {"x": f"{value:.3g} x" if value >= 10 else f"{value:.1f} x", "%": f"{100 * value:.1f} %"}
    if unit == "x" and value < 2:
        return f"{value:.2f} x"
    return forms.get(unit) or (f"{value:.1f}" if unit == "s" else f"{value:.0f}")


def _targets(found: Sequence[Figure]) -> str:
    rows = []
    for figure in found:
        bound = (
            "yes" if figure.unit == "yes" else f"{'≥' if figure.least else '≤'} {written(figure.target, figure.unit)}"
        )
        value = written(figure.measured, figure.unit)
        beside = [written(other, figure.unit) for other in (figure.medians, figure.processor)]
        verdict = "met" if figure.met else "**missed**"
        rows.append([figure.what, bound, value if figure.met else f"**{value}**", *beside, verdict])
    return table(("", "target", "measured", "of medians", "of processor time", ""), rows)


def _whole(runs: Mapping[str, Runs]) -> str:
    rows = []
    for name, title in NAMES.items():
        one = runs[name]
        steady = [one.steady(), one.least() - one.steady()] if one.thrice else [None, None]
        against = ratio(one.least(), runs["ours"].least())
        seconds = [one.least(), one.middle(), one.processor(), *steady]
        rows.append([title, *(written(value, "s") for value in seconds), written(against)])
    head = ("seconds", "minimum", "median", "processor", "each further set", "start-up", "against unmask")
    return table(head, rows)


def _parts(runs: Mapping[str, Runs]) -> str:
    rows = []
    for name in ("ours", "ours, 1 worker"):
        one = runs[name]
        for stage in STAGES:
            values = (one.least(stage), one.middle(stage), one.steady(stage), one.least(f"{stage} processor"))
            rows.append([f"{NAMES[name]}: the command {stage}", *(written(value, "s") for value in values)])
    for name in ("peer a", "peer b"):
        one = runs[name]
        start = (one.least("start"), one.middle("start"))
        rows.append([f"{NAMES[name]}: start", *(written(value, "s") for value in start), "", ""])
        for part in ("read", "detect", "crop"):
            shared = (one.least(part), one.middle(part), one.steady(part))
            rows.append([f"{NAMES[name]}: {part}", *(written(value / PROCESSES, "s") for value in shared), ""])
    return table(("seconds", "minimum", "median", "each further set", "processor"), rows)


def _alone(alone: Mapping[str, Mapping[str, float]]) -> str:
    names = {"ours": "unmask", "a": "peer (a)", "b": "peer (b)"}
    rows = []
    for name, title in names.items():
        against = ratio(alone["seconds"][name], alone["seconds"]["ours"])
        seconds = (alone["seconds"][name], alone["processor"][name])
        rows.append([title, *(written(value, "s") for value in seconds), written(against)])
    return table(("one thread", "seconds", "of processor time", "against unmask"), rows)


def _faces(agreement: Mapping[str, Agreement]) -> str:
    rows = []
    for name, one in agreement.items():
        there = len(one.distances) > 0
        distances = [np.mean(one.distances), np.percentile(one.distances, 95)] if there else [float("nan")] * 2
        counts = (one.frames, one.seen, one.again, one.both, one.only_peer, one.only_ours)
        shares = [written(float(value), "%") for value in (one.share, *distances)]
        rows.append([f"peer ({name})", *map(str, counts), *shares])
    head = (
        "",
        "frames",
        "with a face",
        "largest found again",
        "faces found by both",
        "by the peer alone",
        "by unmask alone",
    )
    return table((*head, "found again", "landmarks, mean", "95th percentile"), rows)


def _memory(results: Results) -> str:
    rows = []
    for clip, found in results.memory.items():
        for name, sizes in found.items():
            values = [written(sizes[length], "MB") for length in ("short", "long")]
            rows.append([f"{name}, {clip}", *values, written(ratio(sizes["long"], sizes["short"]))])
    return table(("largest process, megabytes", "video", "ten times longer", "factor"), rows)


def _increments(results: Results) -> str:
    rows = []
    for one in results.increments:
        for stage in STAGES:
            share = written(ratio(one["more"][stage], one["whole"][stage]), "%")
            changed = f"{one['changed'][stage]} of {one['shards'][stage]}"
            times = [written(one[which][stage], "s") for which in ("whole", "more")]
            rows.append([f"{stage}, {one['videos']} videos{one['title']}", *times, share, changed])
    return table(("seconds", "all anew", "one more", "share", "shards changed"), rows)
