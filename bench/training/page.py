"""The tables of docs/training-speed.md."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

import torch
from bench import docs
from bench.training.loading import Pace
from bench.training.memory import growth
from bench.training.step import Took
from bench.way.facts import facts

# At most so many times a bare step, at least so much of a tight loop, and at most so much more an epoch.
STEP, LOADER, GROWTH = 1.05, 0.8, 0.01
LIBRARIES = ("torch", "timm", "accelerate", "opencv-python-headless")


@dataclass(frozen=True)
class Results:
    """All that was measured.

    Attributes:
        steps: By what is trained.
        loads: By crops and number of workers.
        memory: MiB after each epoch.
        words: How it was measured.
    """

    steps: dict[str, Took]
    loads: dict[tuple[str, int], dict[str, Pace]]
    memory: list[float]
    words: str


def tables(found: Results) -> str:
    """Write all as Markdown."""
    machine = f"{facts()[0]}; Python {platform.python_version()}, " + ", ".join(
        f"{name} {version(name)}" for name in LIBRARIES
    )
    threads = f"{torch.get_num_threads()} threads, {os.uname().sysname}"
    return "\n\n".join(
        [
            docs.wrapped(f"{machine}; steps with {threads}. {found.words}"),
            "### A step",
            step_table(found.steps),
            "### The loader",
            load_table(found.loads),
            "### Memory",
            docs.wrapped(memory(found.memory)),
        ]
    )


def step_table(steps: dict[str, Took]) -> str:
    """Write what steps take beside the bare loop."""
    head = ("", "bare loop, ms", "step, ms", "of bare", f"target: {STEP}", "with the loader, ms", "of bare")
    rows = []
    for name, took in steps.items():
        ours, whole = took.ratio(took.step), took.ratio(took.epoch)
        times = [f"{1000 * _median(one):.1f}" for one in (took.bare, took.step, took.epoch)]
        rows.append([name, *times[:2], _spread(ours), verdict(ours[0] <= STEP), times[2], _spread(whole)])
    return docs.table(head, rows)


def load_table(loads: dict[tuple[str, int], dict[str, Pace]]) -> str:
    """Write what the loader gives beside a loop that decodes."""
    head = (
        "crops",
        "workers",
        "tight loop",
        "loader",
        "of tight",
        f"target: {LOADER}",
        "nothing handed over",
        "CPU, µs",
    )
    rows = []
    for (name, workers), paces in loads.items():
        ours, tight = paces["loader"], paces["tight"]
        share = ours.share(tight)
        alone = f"{paces['alone'].share(tight)[0]:.2f}" if "alone" in paces else ""
        busy = " / ".join(f"{1e6 * _median(one.busy):.0f}" for one in (tight, ours))
        pace = [f"{tight.each:,.0f}", f"{ours.each:,.0f}", _spread(share), verdict(share[0] >= LOADER)]
        rows.append([name, str(workers), *pace, alone, busy])
    return docs.table(head, rows)


def memory(sizes: Sequence[float]) -> str:
    """Tell what a training takes after each epoch."""
    slope, told = growth(list(sizes)), ", ".join(f"{size:.0f}" for size in sizes)
    return (
        f"MiB of all processes after each epoch: {told}. From the second on, {slope:+.2f} MiB an epoch, "
        f"{100 * slope / sizes[1]:+.2f} % of what is taken (target: at most {100 * GROWTH:.0f} %): "
        f"{verdict(slope <= GROWTH * sizes[1])}."
    )


def verdict(kept: bool) -> str:
    """Tell whether a target is met."""
    return "met" if kept else "**missed**"


def _spread(ratio: tuple[float, float, float]) -> str:
    return f"{ratio[0]:.3f} ({ratio[1]:.3f} to {ratio[2]:.3f})"


def _median(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]
