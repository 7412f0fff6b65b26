"""How well faces are found on the rendered corpora, against the truth that was rendered with them.

After `make demo`, `python tests/truth.py` prints the figures for all of its frames.
"""

import sys
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.crop.align import template, transform
from unmask.crop.params import Alignment
from unmask.detect.tables import FACES, LANDMARKS
from unmask.render.truth import AXES, TRUTH

AT_224 = Alignment(size=224, margin=1.3, interpolation="linear")


@dataclass(frozen=True)
class Figures:
    """What a rendered corpus says about detection and alignment.

    Attributes:
        frames: Sampled frames.
        found: Share of them in which a face lies on the true one.
        landmarks: Mean distance of five landmarks from the truth, in eye distances; real videos only, because in a
            swapped face the truth tells where the target's eyes were, not where the inserted ones came to lie.
        eyes: Mean distance in pixels of the true eyes from the template, in crops of 224 pixels; real videos.
        eyes_worst: The 99th percentile of that distance.
    """

    frames: int
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
    truth = {
        (f"{corpus}/{PurePosixPath(row['path']).with_suffix('')}", row["frame"]): row
        for row in TRUTH.rows(data / "00_render" / corpus, ["path", "frame", "source", *AXES])
    }
    faces = [row for row in FACES.rows(data / "30_detect" / corpus) if row["face"] <= 0]
    found, errors, eyes = 0, [], []
    for row in faces:
        known = truth[row["video"], row["frame"]]
        true, seen = _points(known, AXES), _points(row, LANDMARKS)
        error = np.linalg.norm(seen - true, axis=1).mean() / np.linalg.norm(true[1] - true[0])
        if row["status"] != "ok" or error > 0.5:  # nothing, or another thing than the face
            continue
        found += 1
        if known["source"] is None:
            errors.append(error)
            matrix = transform(seen, AT_224)
            eyes.append(np.linalg.norm(true[:2] @ matrix[:, :2].T + matrix[:, 2] - template(AT_224)[:2], axis=1))
    near = np.concatenate(eyes)
    return Figures(
        frames=len(faces),
        found=round(found / len(faces), 4),
        landmarks=round(float(np.mean(errors)), 4),
        eyes=round(float(near.mean()), 2),
        eyes_worst=round(float(np.percentile(near, 99)), 2),
    )


def _points(row: dict[str, Any], names: tuple[str, ...]) -> NDArray[np.float64]:
    return np.array([row[name] for name in names], dtype=np.float64).reshape(5, 2)


if __name__ == "__main__":
    for name in sorted(path.name for path in Path("data/00_render").iterdir()):
        sys.stdout.write(f"{name}: {asdict(measure(Path('data'), name))}\n")
