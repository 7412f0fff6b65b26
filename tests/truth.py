"""How well faces are found on the rendered corpora, against the truth that was rendered with them.

After `make demo`, `python tests/truth.py` prints the figures for all of its frames.
"""

import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.crop.align import template, transform
from unmask.crop.params import Alignment
from unmask.detect.tables import FACES, LANDMARKS
from unmask.render.truth import AXES, TRUTH

Points = NDArray[np.float64]
AT_224 = Alignment(size=224, margin=1.3, interpolation="linear", border="black")


@dataclass(frozen=True)
class Figures:
    """What a rendered corpus says about detection and alignment.

    Attributes:
        faces: True faces in sampled frames; a frame may show several people.
        found: Share of them that a detected face lies on.
        landmarks: Mean distance of five landmarks from the truth, in eye distances; real faces only, because in a
            swapped face the truth tells where the target's eyes were, not where the inserted ones came to lie. Where
            no real face is sampled, as in DeeperForensics, it is of all faces nevertheless.
        eyes: Mean distance in pixels of the true eyes from the template, in crops of 224 pixels; of the same faces.
        eyes_worst: The 99th percentile of that distance.
    """

    faces: int
    found: float
    landmarks: float
    eyes: float
    eyes_worst: float


def measure(data: Path, corpus: str) -> Figures:
    """Compare the faces table of a rendered corpus with its truth.

    Args:
        data: The folder `data` of a project.
        corpus: Name of the corpus.
    """
    seen: dict[tuple[str, int], list[Points]] = defaultdict(list)
    for row in FACES.rows(data / "30_detect" / corpus):
        if row["frame"] >= 0:
            seen[row["video"], row["frame"]] += [_points(row, LANDMARKS)] if row["status"] == "ok" else []
    truth = TRUTH.rows(data / "00_render" / corpus, ["path", "frame", "face", "source", *AXES])
    sampled = [row for row in truth if _place(corpus, row) in seen]
    no_real = all(row["source"] is not None for row in sampled)
    found, errors, eyes = 0, [], []
    for row in sampled:
        true = _points(row, AXES)
        here = seen[_place(corpus, row)]
        error, nearest = min(((_error(points, true), points.tolist()) for points in here), default=(np.inf, []))
        if error > 0.5:  # nothing, or another thing than this face
            continue
        found += 1
        if row["source"] is None or no_real:
            errors.append(error)
            matrix = transform(np.array(nearest), AT_224)
            eyes.append(np.linalg.norm(true[:2] @ matrix[:, :2].T + matrix[:, 2] - template(AT_224)[:2], axis=1))
    near = np.concatenate(eyes)
    return Figures(
        faces=len(sampled),
        found=round(found / len(sampled), 4),
        landmarks=round(float(np.mean(errors)), 4),
        eyes=round(float(near.mean()), 2),
        eyes_worst=round(float(np.percentile(near, 99)), 2),
    )


def _place(corpus: str, row: dict[str, Any]) -> tuple[str, int]:
    """Key of a row's video, and its frame."""
    return f"{corpus}/{PurePosixPath(row['path']).with_suffix('')}", row["frame"]


def _error(points: Points, true: Points) -> float:
    """Mean distance of landmarks from the truth, in eye distances."""
    return float(np.linalg.norm(points - true, axis=1).mean() / np.linalg.norm(true[1] - true[0]))


def _points(row: dict[str, Any], names: tuple[str, ...]) -> Points:
    return np.array([row[name] for name in names], dtype=np.float64).reshape(5, 2)


if __name__ == "__main__":
    for name in sorted(path.name for path in Path("data/00_render").iterdir()):
        sys.stdout.write(f"{name}: {asdict(measure(Path('data'), name))}\n")
