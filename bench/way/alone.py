"""Face detectors alone, on the same frames in one process and thread: their seconds, and the faces that each found.

    python -m bench.way.alone --videos list.txt --params params.yaml --part 0 --parts 2

The frames are those that the peer reads.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from bench.way.peer import FRAMES, Image, Peer, read

from unmask import params
from unmask.detect.detector import build
from unmask.detect.faces import find

Finder = Callable[[list[Image]], list[tuple[Any, Any]]]


def ours(file: Path) -> tuple[Finder, float]:
    """Give our face detector with the options of `params.yaml`, and its smallest face."""
    section: Any = params.load("detect", file)
    detector = build(section.detector)

    def finder(frames: list[Image]) -> list[tuple[Any, Any]]:
        return [(faces.boxes, faces.landmarks) for faces in find(frames, detector, section.batch)]

    return finder, section.detector.min_face


def measure(videos: Sequence[str], file: Path) -> dict[str, Any]:
    """Run every detector on the frames of videos; which one goes first changes from video to video.

    Args:
        videos: Paths.
        file: Our `params.yaml`.

    Returns:
        For each detector its seconds by the clock and of processor time, and for each frame its faces.
    """
    finder, least = ours(file)
    finders: dict[str, Finder] = {"ours": finder, "a": Peer(False, None).detect, "b": Peer(True, least).detect}
    spent = {name: np.zeros(2) for name in finders}
    found: dict[str, list[Any]] = {name: [] for name in finders}
    count = 0
    for number, path in enumerate(videos):
        if not (frames := read(path, FRAMES)):
            continue
        for detect in finders.values() if not count else ():  # the first call makes kernels and buffers
            detect(frames)
        count += len(frames)
        for name in sorted(finders, key=lambda name: (list(finders).index(name) + number) % len(finders)):
            began = _clocks()
            faces = finders[name](frames)
            spent[name] += _clocks() - began
            found[name] += [[None if what is None else what.tolist() for what in one] for one in faces]
    seconds, processor = ({name: float(both[place]) for name, both in spent.items()} for place in range(2))
    return {"seconds": seconds, "processor": processor, "faces": found, "frames": count}


def _clocks() -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([time.perf_counter(), time.process_time()])


def main() -> None:
    """Measure and print a JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, required=True, help="file with the path of a video on each line")
    parser.add_argument("--params", type=Path, required=True, help="our params.yaml")
    parser.add_argument("--part", type=int, default=0, help="from which line on is every so many-th taken?")
    parser.add_argument("--parts", type=int, default=1, help="every how many-th?")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    videos = options.videos.read_text().splitlines()[options.part :: options.parts]
    sys.stdout.write(json.dumps(measure(videos, options.params)))


if __name__ == "__main__":
    main()
