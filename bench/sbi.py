"""Measure self-blending: pairs a second, and how near hulls from five landmarks are to real ones; write docs.

    PYTHONPATH=tests python -m bench.sbi --shared ../shared --write docs/sbi.md

Times are of the processor, on rendered faces, with the settings that the paper's implementation has. Hulls are compared
on faces whose 68 landmarks are published: with the five among these, and, where the picture is there too, with the five
that the default face detector finds.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import stills
import torch
from bench import docs
from sbi.blending import crop, settings

from unmask.crop.similarity import similarity
from unmask.errors import UnmaskError
from unmask.sbi.blend import self_blend
from unmask.sbi.landmarks import Points, five
from unmask.sbi.shape import shape
from unmask.sbi.template import FACE

PART = "sbi"
HEAD = ("template from", "faces", "mean", "least")
SIDES = (128, 256, 384)
PAIRS = 300
ROUNDS = 3


def speed(side: int) -> float:
    """Give the pairs that one core makes in a second, the best of some rounds."""
    faces = []
    for name, frame in product(("ann", "bob", "cleo"), range(2)):
        image, places = crop(name, frame)
        faces.append((cv2.resize(image, (side, side)), (places + 0.5) * side / len(image) - 0.5))
    published, best = settings(), float("inf")
    for turn in range(ROUNDS):
        start = time.process_time()
        for number in range(PAIRS):
            self_blend(*faces[number % len(faces)], published, np.random.default_rng([turn, number]))
        best = min(best, time.process_time() - start)
    return PAIRS / best


def flat(places: Any) -> Points:
    """Give the mean face's 68 points moved by a similarity transform, as a template without depth would have them."""
    matrix = similarity(five(FACE)[:, :2], places)
    return np.asarray(FACE[:, :2] @ matrix[:, :2].T + matrix[:, 2])


def overlap(one: Any, other: Any) -> float:
    """Give the intersection over union of two convex hulls."""
    first, second = (cv2.convexHull(points.astype(np.float32)) for points in (one, other))
    common = cv2.intersectConvexConvex(first, second)[0]
    return float(common / (cv2.contourArea(first) + cv2.contourArea(second) - common))


def detected(folder: Path, shared: Path) -> Iterator[tuple[Any, Any]]:
    """Give the five landmarks that the detector finds and the 68 that are published, of faces that it finds."""
    detector = stills.detector("mtcnn", shared)
    for path, marks in pictures(folder):
        (found,) = detector([stills.picture(path)])
        for truth in marks:
            known = five(truth)
            errors = [stills.error(landmarks, known) for landmarks in found.landmarks]
            if errors and min(errors) < stills.FOUND:
                yield found.landmarks[int(np.argmin(errors))], truth


def pictures(folder: Path) -> Iterator[tuple[Path, list[Any]]]:
    """Give each still of which 68 landmarks are published, and those of its faces."""
    known = {tuple(np.ravel(places)): marks for _, places, marks, _ in stills.marked(folder) if len(marks) == len(FACE)}
    for _, path, faces in stills.published(folder):
        marks = [known[key] for face in faces if (key := tuple(np.ravel(face))) in known]
        if marks:
            yield path, marks


def hulls(shared: Path) -> list[list[str]]:
    """Compare hulls; give the rows of the table."""
    folder = shared / "data" / "stills"
    true = [(known, truth) for _, known, truth, _ in stills.marked(folder) if len(truth) == len(FACE)]
    found = list(detected(folder, shared))
    rows = []
    for name, pairs in (("published", true), ("MTCNN", found)):
        rows.append(
            _row(f"five landmarks ({name}), mean face turned to fit", [overlap(shape(a)[:68], b) for a, b in pairs])
        )
        rows.append(_row(f"five landmarks ({name}), mean face without depth", [overlap(flat(a), b) for a, b in pairs]))
    return rows


def _row(name: str, shares: Sequence[float]) -> list[str]:
    return [name, str(len(shares)), f"{np.mean(shares):.2f}", f"{min(shares):.2f}"]


def measured(shared: Path) -> str:
    """Measure everything; give Markdown."""
    pace = ", ".join(f"{speed(side):.0f} at {side} pixels" for side in SIDES)
    said = [docs.wrapped(f"Pairs a second, one core, one thread: {pace}.")]
    if (shared / "data" / "index.csv").is_file():
        words = "Intersection over union of the hull of 68 published landmarks and that of a template:"
        said += [words, docs.table(HEAD, hulls(shared))]
    return "\n\n".join(said)


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="folder with data/stills")
    docs.add_write(parser, PART)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    docs.tell(measured(arguments.shared), PART, arguments.write)


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
