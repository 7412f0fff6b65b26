"""Batches, by counting: every epoch shows every real, no class gains, and each process gets its part."""

from itertools import chain
from typing import Any

import numpy as np
import pytest
from train.epochs import drawn, rows

from unmask.errors import DataError
from unmask.train.batches import Batches, Share, in_order
from unmask.train.drawing import Rows

MADE = {f"f{real}{method}": real for real in "abcde" for method in "01"}
GIVEN = rows({"a": 5, "b": 2, "c": 7, "d": 1, "e": 4} | dict.fromkeys(MADE, 3), MADE)
REALS = set(np.flatnonzero(GIVEN.label == 0).tolist())


def shared(given: Rows, settings: dict[str, Any], number: int, size: int, count: int) -> list[list[list[int]]]:
    """Give what every process sees of an epoch: its parts of the batches."""
    parts = []
    for index in range(count):
        batches = Batches(lambda epoch: np.array(drawn(given, settings, epoch, size)), size, Share(index, count))
        batches.begin(number, 0)
        parts.append([[row for _, row in batch] for batch in batches])
        assert len(parts[-1]) == batches.count == len(batches)
    return parts


@pytest.mark.parametrize("name", ["per_video", "balanced", "pairs"])
@pytest.mark.parametrize("crops", [1, 3, "all"])
@pytest.mark.parametrize("size", [2, 4, 6, 16, 32, 64])
@pytest.mark.parametrize("count", [1, 2])
def test_every_epoch_shows_every_real(name: str, crops: int | str, size: int, count: int) -> None:
    for number in (1, 2, 3):
        parts = shared(GIVEN, {"name": name, "crops": crops}, number, size, count)
        shown = [row for part in parts for batch in part for row in batch]
        assert {GIVEN.video[row] for row in shown if row in REALS} == set("abcde")
        if crops == "all":
            assert set(shown) >= REALS
        # Every batch is whole, or it is the only one; and processes get as many.
        sizes = {len(batch) for part in parts for batch in part}
        assert len(sizes) == 1
        assert sizes == {size // count} or {len(part) for part in parts} == {1}


def test_filling_up_favours_no_class() -> None:
    given = rows({"a": 3, "b": 3} | {f"f{i}": 3 for i in range(6)})
    shown = [shared(given, {"name": "per_video", "crops": "all"}, number, 16, 1)[0] for number in range(1, 301)]
    assert {(len(first), len(last)) for first, last in shown} == {(16, 16)}
    assert np.mean([given.label[first + last].mean() for first, last in shown]) == pytest.approx(0.75, abs=0.01)
    assert all(len(set(last)) == 16 for _, last in shown), "a crop is twice in a batch"


@pytest.mark.parametrize("name", ["balanced", "pairs"])
@pytest.mark.parametrize("size", [6, 16, 64])
def test_filling_up_parts_no_couple(name: str, size: int) -> None:
    (batches,) = shared(GIVEN, {"name": name, "crops": "all"}, 1, size, 1)
    assert all(GIVEN.label[batch].tolist() == [0, 1] * (size // 2) for batch in batches)
    if name == "pairs":
        couples = np.array(batches).reshape(-1, 2)
        assert all(MADE[GIVEN.video[fake]] == GIVEN.video[real] for real, fake in couples)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_processes_share_every_batch_and_none_sees_what_another_sees(count: int) -> None:
    order = np.random.default_rng(0).permutation(43)
    shares = [Batches(lambda epoch: order, 8, Share(index, count)) for index in range(count)]
    for batches in shares:
        batches.begin(3, 0)
    whole = [list(chain(*parts)) for parts in zip(*shares, strict=True)]
    filled = order.tolist() + order[:5].tolist()
    assert whole == [[(3, row) for row in filled[start : start + 8]] for start in range(0, 48, 8)]
    assert all(len(batches) == 6 for batches in shares)
    for batches in shares:
        batches.begin(3, 2)
    assert [list(chain(*parts)) for parts in zip(*shares, strict=True)] == whole[2:]
    assert all(len(batches) == 4 for batches in shares)


def test_few_crops_are_one_batch_of_equal_parts() -> None:
    for count, wanted in ((1, [[0, 1, 2, 3, 4]]), (2, [[0, 1, 2], [3, 4, 0]]), (4, [[0, 1], [2, 3], [4, 0], [1, 2]])):
        shares = [Batches(lambda epoch: np.arange(5), 8, Share(index, count)) for index in range(count)]
        for batches in shares:
            batches.begin(1, 0)
        assert [list(batches) for batches in shares] == [[[(1, row) for row in part]] for part in wanted]
    with pytest.raises(DataError, match="has 1 crops for 2 processes"):
        Batches(lambda epoch: np.arange(1), 8, Share(0, 2)).begin(1, 0)


def test_validation_goes_whole_to_one_process_each() -> None:
    parts = [in_order(10, 4, Share(index, 2)) for index in range(2)]
    assert [len(batch) for part in parts for batch in part] == [4, 2, 4]
    assert sorted(row for part in parts for batch in part for _, row in batch) == list(range(10))
