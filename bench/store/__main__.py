"""Measure the ways of keeping sampled frames, and what the default needs on disk; write the tables of docs.

    python -m bench.store --shared ../shared --write docs/store.md

Eight frames of each real video, and of some rendered ones where there are any, are written, read and turned into RGB,
all in one process on one thread. Times are of the processor, each the least of some rounds.
"""

import argparse
import os
from pathlib import Path

import cv2
from bench import docs
from bench.store.cost import cost
from bench.store.material import crop_bytes, pixels, sampled
from bench.store.page import LARGE, needs, table, title
from bench.store.ways import WAYS, coverable

PART = "store"
# One rendered video in so many.
SOME = 16


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data/videos")
    docs.add_write(parser, PART)
    parser.add_argument("--every", type=int, default=1, help="take one of so many videos, for a quick look")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    docs.tell(measured(arguments.shared / "data/videos", arguments.every), PART, arguments.write)


def measured(real: Path, every: int) -> str:
    """Measure everything; give Markdown."""
    videos = sampled(sorted(real.rglob("*.*")))
    small = [video for video in videos if pixels(video) < LARGE][::every]
    large = [video for video in videos if pixels(video) >= LARGE][::every]
    rendered = sampled(sorted(Path("data/00_raw").rglob("*.mp4"))[:: SOME * every])
    parts, costs = [], {}
    for name, group in (("Real videos", small), ("Real videos, 1920 x 1080", large), ("Rendered videos", rendered)):
        if group:
            costs[name] = {way.name: cost(way, group) for way in WAYS}
            parts += [title(name, group), table(costs[name])]
    said = f"Pixel formats: of the {len(coverable())} of FFmpeg that some lossless codec keeps."
    crop = crop_bytes(videos)
    return "\n\n".join([*parts, said, needs(costs["Real videos"], costs["Real videos, 1920 x 1080"], crop)])


if __name__ == "__main__":
    main()
