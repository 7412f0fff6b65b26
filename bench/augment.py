"""Measure what each operation of augmentation costs, on one picture of 224 x 224 pixels; write docs.

    PYTHONPATH=tests python -m bench.augment --shared ../shared --write docs/augment.md

One thread, time of the processor, of each draw the least of some rounds: the median over draws with the settings that
the tests use, and the longest.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from augment.operations import OPERATIONS, policy_of, settings_of, tensor
from bench import docs
from numpy.typing import NDArray

from unmask.augment.change import Image
from unmask.augment.policy import Policy
from unmask.errors import UnmaskError

PART = "augment"
SIDE, DRAWS, ROUNDS = 224, 100, 3
HEAD = ("operation", "median, µs", "longest, µs", "settings")
# Beside the settings that the tests use, what costs or spares most.
OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("colour", {"hue": [0, 0]}),
    ("jpeg", {"quality": [60, 95], "subsampling": [444]}),
    ("h264", {"frames": 1}),
    ("h264", {"frames": 5}),
)


def still(shared: Path) -> Image:
    """Give the middle of a real photograph, with the grain of a camera."""
    path = min((shared / "data" / "stills").rglob("*.jpg"))
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert pixels is not None
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = cv2.resize(pixels[top : top + side, left : left + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return tensor(np.asarray(square, np.uint8))


def times(policy: Policy, image: Image) -> NDArray[np.float64]:
    """Give the microseconds of each of some draws."""
    found = np.empty((ROUNDS, DRAWS))
    for turn, number in np.ndindex(*found.shape):
        start = time.thread_time_ns()
        policy(image, f"toy/{number}", 1)
        found[turn, number] = (time.thread_time_ns() - start) / 1000
    least: NDArray[np.float64] = found.min(0)
    return least


def measured(image: Image) -> str:
    """Measure everything; give Markdown."""
    rows = []
    for name, changes in (*((name, {}) for name in OPERATIONS), *OTHERS):
        found = times(policy_of(name, **changes), image)
        given = OPERATIONS[name] | changes
        said = ", ".join(f"{key}: {value}" for key, value in given.items() if key not in ("p", "of"))
        rows.append([f"`{name}`", f"{np.median(found):,.0f}", f"{found.max():,.0f}", said.replace("'", "")])
    none = times(Policy({name: settings_of(name, p=0.0) for name in OPERATIONS}, 1), image)
    words = (
        f"A picture of {SIDE} x {SIDE} pixels, one thread, microseconds of the processor over {DRAWS} draws, of each "
        f"the least of {ROUNDS} rounds. The dice of {len(OPERATIONS)} operations of which none is applied take "
        f"{np.median(none):,.0f}."
    )
    return f"{docs.wrapped(words)}\n\n{docs.table(HEAD, rows)}"


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data/stills")
    docs.add_write(parser, PART)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    docs.tell(measured(still(arguments.shared)), PART, arguments.write)


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
