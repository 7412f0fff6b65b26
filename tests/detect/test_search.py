"""Frames are tried by rank until enough have a face."""

from typing import Any

import pytest

from unmask.detect.search import search, settled


def candidates(ranks: list[int], enough: int) -> list[dict[str, Any]]:
    return [{"frame": 10 * n, "rank": rank, "enough": enough} for n, rank in enumerate(ranks)]


@pytest.mark.parametrize("most", [1, 2, 3, 8])
@pytest.mark.parametrize("enough", [0, 1, 2, 3, 4])
def test_frames_are_tried_by_rank_until_enough_have_a_face(enough: int, most: int) -> None:
    ranks, with_face = [3, 0, 4, 1, 2], {10, 20, 40}
    groups: list[list[int]] = []

    def look(fresh: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
        groups.append([row["frame"] for row in fresh])
        return {row["frame"]: [{"frame": row["frame"], "face": 0}] * (row["frame"] in with_face) for row in fresh}

    found = search(candidates(ranks, enough), {}, look, most)
    # By rank: 10 (a face), 30, 40 (a face), 0, 20 (a face).
    expected = [10, 30, 40, 0, 20][: {0: 5, 1: 1, 2: 3, 3: 5, 4: 5}[enough]]
    assert [frame for group in groups for frame in group] == list(found) == expected
    assert max(map(len, groups)) <= most


def test_known_frames_count_and_are_not_looked_at() -> None:
    rows = candidates([0, 1, 2, 3], enough=2)
    known = {0: [{"frame": 0, "face": 0}], 10: []}
    looked: list[int] = []

    def look(fresh: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
        looked.extend(row["frame"] for row in fresh)
        return {row["frame"]: [{"frame": row["frame"], "face": 0}] for row in fresh}

    assert list(search(rows, known, look, 8)) == [0, 10, 20]
    assert looked == [20]
    assert settled(rows, known) is None
    assert settled(candidates([0, 1, 2, 3], enough=1), known) == {0: known[0]}
