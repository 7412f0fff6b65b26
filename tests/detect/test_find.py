"""Frames go through a face detector in batches of one size; the largest face comes first."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from detect.detecting import detector_of
from stills import picture
from tiny_clips import blank

from unmask.detect.detector import Found
from unmask.detect.faces import areas, find


def test_batches_hold_one_size_and_no_more_than_asked_for() -> None:
    seen = []

    def spy(frames: Any) -> list[Found]:
        seen.append([frame.shape[:2] for frame in frames])
        return [Found(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))] * len(
            frames
        )

    assert len(find([blank(8, 8)] * 5 + [blank(4, 8)] * 2, spy, 3)) == 7
    assert seen == [[(8, 8)] * 3, [(8, 8)] * 2, [(4, 8)] * 2]
    assert find([], spy, 3) == []


def test_the_largest_face_comes_first(shared: Path) -> None:
    ((faces),) = find([picture(shared / "data/stills/examples_faces_bald_guys.jpg")], detector_of(min_face=0.05), 1)
    assert len(faces) > 5
    assert all(first >= second for first, second in pairwise(areas(faces.boxes)))
