"""Measure what near-duplicates find and how often they are wrong; write the table of docs.

    python -m bench.near --shared ../shared --scale 800000 --write docs/audit.md

Videos of two embedded corpora, and real clips where they are at hand, are decoded and encoded anew in several ways.
Both go through the pipeline's own functions with the options of `params.yaml`, in one process and thread.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import torch
from bench import docs
from bench.near.clips import measure
from bench.near.page import table, told
from bench.near.search import search
from bench.near.videos import real, rendered
from bench.pipeline import Pipeline

from unmask import params
from unmask.errors import UnmaskError

PART = "near"
# Rendered videos that are copied.
COPIED = 80


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, help="folder with data/index.csv and the real clips that it lists")
    parser.add_argument("--scale", type=int, help="hide the originals among so many hashes, and search")
    docs.add_write(parser, PART)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    split: Any = params.load("split")
    pipeline = Pipeline()
    kinds = {"rendered": measure(pipeline, rendered(), COPIED)}
    if arguments.shared:
        clips = real(arguments.shared)
        kinds["real"] = measure(pipeline, clips, len(clips))
    said = "\n".join([*table(kinds, split.near), "", docs.wrapped(told(kinds, pipeline.crop))])
    if arguments.scale:
        said += "\n\n" + docs.wrapped(search(kinds, arguments.scale, split.near))
    docs.tell(said, PART, arguments.write)


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
