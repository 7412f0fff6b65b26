"""Tracks follow faces from frame to frame."""

from itertools import combinations, permutations
from typing import Any

import numpy as np
import pytest

from unmask.detect.tracks import iou, link, matched


def boxes(*corners: tuple[float, float], side: float = 10) -> Any:
    return np.array([[x, y, x + side, y + side] for x, y in corners], np.float32).reshape(-1, 4)


def test_two_faces_that_cross_keep_their_tracks() -> None:
    # They pass above one another, each step a fifth of a side; the larger one, listed first, changes half-way.
    frames = []
    for n in range(11):
        pair = [(2.0 * n, 0.0), (20 - 2.0 * n, 6.0)]
        frames.append(boxes(*(pair if n < 6 else pair[::-1])))
    assert link(frames, 0.3) == [[0, 1]] * 6 + [[1, 0]] * 5


def test_a_gap_does_not_end_a_track() -> None:
    frames = [boxes((0, 0)), boxes(), boxes((50, 0)), boxes((51, 0), (1, 0))]
    assert link(frames, 0.3) == [[0], [], [1], [1, 0]]


def test_pairs_are_matched_for_the_largest_sum() -> None:
    # Greedily, face 0 would take track 1 (overlap 9/11) and leave track 0 without a partner.
    frames = [boxes((0, 0), (5, 0)), boxes((4, 0), (8, 0))]
    assert link(frames, 0.3) == [[0, 1], [0, 1]]


def test_any_boxes_are_paired_for_the_largest_sum() -> None:
    rng = np.random.default_rng(1)
    for rows, columns in rng.integers(1, 4, (300, 2)):
        overlap = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.5)
        best = max(
            sum(overlap[row, column] for row, column in zip(some, chosen, strict=True))
            for size in range(min(rows, columns) + 1)
            for some in combinations(range(rows), size)
            for chosen in permutations(range(columns), size)
        )
        pairs = matched(overlap)
        assert sum(overlap[pair] for pair in pairs) == pytest.approx(best)
        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)


def test_a_face_that_jumps_starts_a_track() -> None:
    assert link([boxes((0, 0)), boxes((9, 0))], 0.1) == [[0], [1]]
    assert link([boxes((0, 0)), boxes((8, 0))], 0.1) == [[0], [0]]


def test_overlap_of_boxes() -> None:
    assert iou(boxes((0, 0)), boxes((0, 0), (5, 0), (10, 0), (5, 5)))[0] == pytest.approx([1, 1 / 3, 0, 25 / 175])
    assert iou(boxes((0, 0), side=0), boxes((0, 0), side=0))[0, 0] == 0
