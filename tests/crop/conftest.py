"""A corpus of frames and faces to be cropped."""

from pathlib import Path

import numpy as np
import pytest
from crop.cropping import face, missing
from tiny_clips import write_frames

from unmask.detect.tables import FACES


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three videos: one with two tracks and a frame without a face, one small, one that does not decode."""
    rng = np.random.default_rng(2)
    noise = [rng.integers(0, 256, (200, 240, 3), dtype=np.uint8) for _ in range(4)]
    write_frames(tmp_path / "frames", {"c/a": noise[:3], "c/a-b": noise[3:], "c/bad": "undecodable"})
    rows = [
        face("c/a", 0, 0, 0, 100), face("c/a", 0, 1, 1, 90), face("c/a", 10, 0, 1, 80), missing("c/a", 20, "no_face"),
        face("c/a-b", 0, 0, 0, 60, 0.5), missing("c/bad", -1, "undecodable"),
    ]  # fmt: skip
    FACES.write(rows, tmp_path / "faces")
    return tmp_path
