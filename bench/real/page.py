"""The part of the page that the command writes: what was tried, and what each try came to."""

import textwrap
from collections.abc import Mapping

from bench import docs
from bench.real.measure import Found
from bench.real.plan import Plan

from unmask.errors import DataError

HEAD = (
    "try", "blends", "swaps and originals", "within folds", "above their own", "swaps and all reals", "talking heads",
    "min",
)  # fmt: skip
EMPTY = [""] * (len(HEAD) - 2)


def page(plan: Plan, found: Mapping[str, Found], learned: Mapping[str, float], minutes: Mapping[str, float]) -> str:
    """Write the tables.

    Args:
        plan: The plan.
        found: What each try came to; those that are missing were not run to their end.
        learned: AUC of its own blends, of each try that was.
        minutes: How long each trained, over all folds.

    Raises:
        DataError: No try was run to its end.
    """
    if not found:
        raise DataError("no try has all of its folds; run without `--only`, or with the name of a try.")
    swaps, originals, both, reals, others = next(iter(found.values())).counts
    rows = [
        _row(name, found[name], learned[name], minutes[name]) if name in found else [f"`{name}`", "not run", *EMPTY]
        for name in plan.tries
    ]
    return "\n\n".join(
        [
            docs.wrapped(
                f"{swaps} swaps, {originals} originals ({both} of the swaps have theirs), {reals} real videos in all, "
                f"{others} talking heads; {plan.folds} folds. In brackets: 95 % intervals over people."
            ),
            docs.table(HEAD, rows),
            "\n".join(
                textwrap.fill(f"- `{name}`: {one.says}.", docs.WIDTH, subsequent_indent="  ")
                for name, one in plan.tries.items()
            ),
        ]
    )


def _row(name: str, one: Found, learned: float, minutes: float) -> list[str]:
    wins = f"{round(one.paired.value * one.counts[2], 1):g} of {one.counts[2]}"
    head = [f"`{name}`", f"{learned:.2f}", str(one.swaps), str(one.within), wins]
    return [*head, str(one.reals), f"{one.others.value:.2f}", f"{minutes:.0f}"]
