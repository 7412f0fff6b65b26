"""Cutting a giant component: as good as brute force where that is possible, and fast where it is not."""

import itertools
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from split_tables import EVEN

from unmask.split.cut import Videos, cost, cut

ANYWHERE = (True, True, True)


def videos(touched: Mapping[tuple[int, ...], int], atoms: int) -> Videos:
    """Videos of one stratum."""
    rows = sorted(touched)
    return Videos(rows, np.array([[touched[row]] for row in rows]), atoms)


def tiny(seed: int) -> Videos:
    rng = np.random.default_rng(seed)
    atoms = int(rng.integers(4, 8))
    touched: Counter[tuple[int, ...]] = Counter({(n,): int(rng.integers(1, 4)) for n in range(atoms)})
    for _ in range(int(rng.integers(3, 20))):
        size = min(int(rng.choice([2, 2, 2, 3])), atoms)
        touched[tuple(sorted(rng.choice(atoms, size, replace=False).tolist()))] += 1
    return videos(touched, atoms)


@pytest.mark.parametrize("seed", range(12))
def test_cut_is_as_good_as_brute_force_on_tiny_graphs(seed: int) -> None:
    given = tiny(seed)
    allowed = np.ones((given.atoms, 3), dtype=bool)
    if seed % 2:
        # One atom stands fast, another may not be tested.
        allowed[0] = [False, True, False]
        allowed[1, 2] = False
    choices = itertools.product(*(np.flatnonzero(row) for row in allowed))
    best = min(cost(given, np.array(sides), EVEN) for sides in choices)
    found = cut(given, EVEN, allowed, np.random.default_rng([seed, 1]))
    assert allowed[np.arange(given.atoms), found].all()
    assert cost(given, found, EVEN) <= best + 1e-6
    again = cut(given, EVEN, allowed, np.random.default_rng([seed, 1]))
    assert found.tolist() == again.tolist()


def test_cut_finds_planted_blocks() -> None:
    """Seven blocks of ten people and six fakes between blocks: no more than those need be lost."""
    touched: Counter[tuple[int, ...]] = Counter()
    rng = np.random.default_rng(0)
    for block in range(7):
        for i, j in itertools.combinations(range(10), 2):
            touched[10 * block + i, 10 * block + j] += int(rng.integers(1, 3))
        if block:
            touched[10 * block - 1, 10 * block] += 1
    given, shares = videos(touched, 70), np.array([5 / 7, 1 / 7, 1 / 7])
    sides = cut(given, shares, np.ones((70, 3), dtype=bool), np.random.default_rng(0))
    assert cost(given, sides, shares) <= 6


def test_cut_spreads_strata() -> None:
    """A ring in which the first half has reals and the second fakes: both kinds go where the shares say."""
    rows = [(n,) for n in range(40)] + [tuple(sorted((n, (n + 1) % 40))) for n in range(40)]
    count = np.zeros((80, 2), dtype=np.int64)
    count[:40, 0] = np.where(np.arange(40) < 20, 10, 0)
    count[:40, 1] = np.where(np.arange(40) < 20, 0, 10)
    count[40:, 1] = 1
    given = Videos(rows, count, 40)
    sides = cut(given, EVEN, np.ones((40, 3), dtype=bool), np.random.default_rng(0))
    for first in (0, 20):
        parts = np.bincount(sides[first : first + 20], minlength=3) / 20
        assert np.abs(parts - EVEN).max() < 0.06
    assert sum(sides[n] != sides[(n + 1) % 40] for n in range(40)) <= 8


def test_a_large_graph_is_cut_where_it_is_thin() -> None:
    """A chain of 3,000 people: two cuts are enough, and what starts near them stays near them."""
    given = videos({(n, n + 1): 1 for n in range(2999)}, 3000)
    sides = cut(given, EVEN, np.ones((3000, 3), dtype=bool), np.random.default_rng(0))
    assert np.count_nonzero(np.diff(sides)) <= 10
    assert np.abs(np.bincount(sides, minlength=3) / 3000 - EVEN).max() < 0.05
