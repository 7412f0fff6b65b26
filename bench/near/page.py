"""The table of docs/audit.md."""

from typing import Any

import numpy as np
from bench.near.clips import Clips
from bench.near.copies import WAYS
from bench.pipeline import MOST, SIDE

# Kept frequencies a side, and bits that may differ.
COLUMNS = ((16, 32), (16, 40), (16, 48), (8, 4), (8, 6))


def table(kinds: dict[str, Clips], marked: int) -> list[str]:
    """Give the lines of the table; the column that the step uses is set in bold."""
    lines = [["", *(f"{rows * rows} bits, {bits}" for rows, bits in COLUMNS)], ["---"] * (len(COLUMNS) + 1)]
    for kind, clips in kinds.items():
        false = [str(np.count_nonzero(clips.false[rows] <= bits)) for rows, bits in COLUMNS]
        lines.append([f"false alarms, {len(clips.strangers):,} pairs of {kind} videos", *false])
    for way in WAYS:
        shares = [" / ".join(f"{clips.found(way, *column):.2f}" for clips in kinds.values()) for column in COLUMNS]
        lines.append([f"found, {' / '.join(kinds)}: {way.name}" if way is WAYS[0] else way.name, *shares])
    if (16, marked) in COLUMNS:
        for line in (lines[0], *lines[2:]):
            line[1 + COLUMNS.index((16, marked))] = f"**{line[1 + COLUMNS.index((16, marked))]}**"
    return ["| " + " | ".join(line) + " |" for line in lines]


def told(kinds: dict[str, Clips], crop: Any) -> str:
    """Say what was measured."""
    parts = [
        f"{kind}: {len(clips.people)} videos of {len(frozenset().union(*clips.people.values()))} people, "
        f"{len(clips.copies[WAYS[0].name])} of them copied; those without a common person differ in "
        f"{clips.false[16].min()} of 256 bits or more"
        for kind, clips in kinds.items()
    ]
    return (
        f"Crops of {crop.size} pixels, margin {crop.margin:g}; of a video the first {MOST} frames count, in at most "
        f"{SIDE} pixels. {'. '.join(part[0].upper() + part[1:] for part in parts)}."
    )
