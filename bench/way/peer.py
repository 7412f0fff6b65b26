"""A contender as a careful user writes it: OpenCV, facenet-pytorch's MTCNN, a similarity transform, PNG files.

    python -m bench.way.peer --videos list.txt --out folder [--batch --min-face 0.15]

One load of the networks for each process, one thread each, no gradients, a GPU if there is one. Without `--batch` one
frame after another goes through the detector at its defaults.
"""

import argparse
import json
import multiprocessing
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from facenet_pytorch import MTCNN

# Places of the landmarks in a picture of 112 x 112, as ArcFace has them.
TEMPLATE = np.array([[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]], np.float32)
# The library's own smallest face, in pixels.
SMALLEST = 20
# Frames of a video.
FRAMES = 8

Image = np.ndarray[Any, np.dtype[np.uint8]]


# What each process holds.
peer: "Peer"
given: argparse.Namespace


class Peer:
    """The detector, and all that happens with one video."""

    def __init__(self, batch: bool, min_face: float | None) -> None:
        """Load the networks.

        Args:
            batch: Whether all frames of a video go through at once.
            min_face: Smallest face as a share of the frame's shorter side; None for the library's 20 pixels.
        """
        self.batch, self.min_face = batch, min_face
        self.mtcnn = MTCNN(keep_all=True, device="cuda" if torch.cuda.is_available() else "cpu")

    def detect(self, frames: list[Image]) -> list[tuple[Any, Any]]:
        """Give boxes and landmarks of each RGB frame of a video, largest face first; None where there is none."""
        self.mtcnn.min_face_size = (
            max(round(self.min_face * min(frames[0].shape[:2])), 1) if self.min_face else SMALLEST
        )
        if self.batch:
            boxes, _, points = self.mtcnn.detect(np.stack(frames), landmarks=True)
            return list(zip(boxes, points, strict=True))
        found = [self.mtcnn.detect(frame, landmarks=True) for frame in frames]
        return [(boxes, points) for boxes, _, points in found]


def read(path: str, wanted: int) -> list[Image]:
    """Read frames that are evenly spread over those that OpenCV counts, as RGB."""
    capture = cv2.VideoCapture(path)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    chosen = set(np.linspace(0, count - 1, wanted).astype(int).tolist())
    frames: list[Image] = []
    for number in range(count):
        good, frame = capture.read()
        if not good:
            break
        if number in chosen:
            frames.append(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8))
    capture.release()
    return frames


def warp(frame: Image, points: Any, size: int) -> Image:
    """Cut a face out, its landmarks on the template by a similarity transform; give BGR."""
    matrix, _ = cv2.estimateAffinePartial2D(points.astype(np.float32), TEMPLATE * (size / 112), method=cv2.LMEDS)
    face = cv2.warpAffine(frame, matrix, (size, size))
    return np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2BGR), np.uint8)


def start(options: argparse.Namespace) -> None:
    """Make a process ready."""
    global peer, given
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    peer, given = Peer(options.batch, options.min_face), options


def work(path: str) -> dict[str, float]:
    """Take one video from file to crops; give when it began and how long each part took."""
    stamps = [time.monotonic()]
    frames = read(path, given.frames)
    stamps.append(time.monotonic())
    found = peer.detect(frames) if frames else []
    stamps.append(time.monotonic())
    for number, (frame, (boxes, points)) in enumerate(zip(frames, found, strict=True)):
        if boxes is not None:
            cv2.imwrite(str(given.out / f"{Path(path).stem}_{number}.png"), warp(frame, points[0], given.size))
    stamps.append(time.monotonic())
    spent = dict(zip(("read", "detect", "crop"), np.diff(stamps).tolist(), strict=True))
    return {"began": stamps[0], "frames": len(frames), **spent}


def main() -> None:
    """Work on all videos of a list; print a JSON of seconds, summed over the processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, required=True, help="file with the path of a video on each line")
    parser.add_argument("--out", type=Path, required=True, help="folder for the crops")
    parser.add_argument("--batch", action="store_true", help="all frames of a video at once")
    parser.add_argument("--min-face", type=float, help="smallest face as a share of the shorter side")
    parser.add_argument("--frames", type=int, default=FRAMES)
    parser.add_argument("--size", type=int, default=128, help="side of the crops")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--since", type=float, default=0.0, help="when the command was given, on the monotonic clock")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(options.processes, start, (options,)) as pool:
        done = list(pool.imap_unordered(work, options.videos.read_text().splitlines()))
    total = {name: sum(one[name] for one in done) for name in ("frames", "read", "detect", "crop")}
    sys.stdout.write(json.dumps(total | {"start": min(one["began"] for one in done) - options.since}))


if __name__ == "__main__":
    main()
