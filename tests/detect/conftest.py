"""A face detector, and a folder of extracted frames."""

from pathlib import Path

import numpy as np
import pytest
from detect.detecting import detector_of
from tiny_clips import blank, person, write_frames

from unmask.detect.detector import Detector


@pytest.fixture(scope="module")
def mtcnn() -> Detector:
    return detector_of()


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    ann, bob = person("ann").frames, person("bob").frames
    pair = np.concatenate([ann[1], bob[1]], axis=1)
    videos = {"c/ann": [ann[0], blank(), ann[2]], "c/duo": [pair], "c/none": [blank(4, 4)], "c/odd": "undecodable"}
    folder: Path = write_frames(tmp_path / "frames", videos)
    return folder
