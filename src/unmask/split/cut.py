"""Cut one component that is too large to be dealt whole, where few videos are lost.

This is balanced partitioning of a hypergraph (vertices: atoms; hyperedges: videos), which is NP-hard; simulated
annealing (Kirkpatrick, Gelatt and Vecchi, "Optimization by simulated annealing", Science 220, 1983) comes close to the
best cut of small graphs (a test compares with brute force) and needs no more than a list of what touches what.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# How far a split's size may lie from its share, relative to the share, before it costs anything.
SLACK = 0.15
# Steps of annealing for each atom, and at most, which bounds the time to some 10 s.
STEPS_PER_ATOM = 400
MAX_STEPS = 300_000
# Up to how many atoms a graph is tried several times, of which the best counts: there it is cheap.
SMALL = 100
RUNS = 4
# From how many atoms on there are too few steps to melt the graph: it is cut where it is thin, and then improved.
LARGE = 2000
# Temperature at the end, in videos: well below one video, so that the last steps only improve.
COLD = 0.05
# Less than this is no better, only rounded otherwise.
TINY = 1e-6


@dataclass(frozen=True)
class Videos:
    """The videos of one component; those that touch the same atoms count as one row with numbers.

    Attributes:
        touched: Atoms, from 0, that each row touches: sorted, at least one.
        count: Number of videos of each row and stratum (label and method), shape (rows, strata).
        atoms: Number of atoms.
    """

    touched: Sequence[tuple[int, ...]]
    count: Ints
    atoms: int

    def volumes(self) -> Floats:
        """Give the size of each atom, in all and by stratum: every video is spread evenly over the atoms it touches.

        Returns:
            Shape (atoms, 1 + strata), or (atoms, 1) if there is one stratum.
        """
        atom = np.concatenate([np.array(atoms) for atoms in self.touched])
        length = np.array([len(atoms) for atoms in self.touched])
        shared = np.repeat(self.count / length[:, None], length, axis=0)
        by_stratum = np.zeros((self.atoms, self.count.shape[1]))
        np.add.at(by_stratum, atom, shared)
        total = by_stratum.sum(axis=1, keepdims=True)
        return np.hstack([total, by_stratum]) if by_stratum.shape[1] > 1 else total

    def prices(self) -> Floats:
        """Give the cost of one video too many or too few, in all and of each stratum.

        In all it is dearer than any loss: an atom of volume v loses at most v times the longest row when it moves. The
        strata together cost as much again, each the same for the same part of it.
        """
        whole = 1.0 + max(len(atoms) for atoms in self.touched)
        sizes = self.count.sum(axis=0)
        if len(sizes) == 1:
            return np.array([whole])
        return np.concatenate([[whole], whole * sizes.sum() / (len(sizes) * np.maximum(sizes, 1))])


def cost(videos: Videos, sides: Ints, shares: Floats) -> float:
    """Tell how bad a cut is.

    Args:
        videos: What must be kept.
        sides: Number of the split of each atom.
        shares: Share of each split; they add up to 1.

    Returns:
        Number of videos lost, plus what the sizes of the splits miss, so dear that no split stays short to save videos.
    """
    kept = np.array([len(set(sides[list(atoms)])) == 1 for atoms in videos.touched])
    volumes = videos.volumes()
    sizes = np.stack([volumes[sides == side].sum(axis=0) for side in range(len(shares))])
    missed = _missed(sizes, shares[:, None] * volumes.sum(axis=0))
    return float(videos.count[~kept].sum()) + float((missed @ videos.prices()).sum())


def cut(videos: Videos, shares: Floats, allowed: Bools, rng: np.random.Generator) -> Ints:
    """Deal atoms to splits such that sizes follow the shares and few videos touch two splits.

    Args:
        videos: The videos of one component.
        shares: Share of each split; a split with share 0 gets nothing that may go elsewhere.
        allowed: Where each atom may go, at least one split each, shape (atoms, splits).
        rng: Source of the start and of the steps.

    Returns:
        Number of the split of each atom, shape (atoms,).
    """
    may = allowed & (shares > 0)
    may = np.where(may.any(axis=1, keepdims=True), may, allowed)
    if not (may.sum(axis=1) > 1).any():
        fixed: Ints = np.argmax(may, axis=1)
        return fixed
    if videos.atoms > LARGE:
        return _anneal(videos, shares, may, _grown(videos, shares, may, rng), rng)
    starts = (_drawn(shares, may, rng) for _ in range(RUNS if videos.atoms <= SMALL else 1))
    tries = [_anneal(videos, shares, may, start, rng) for start in starts]
    return min(tries, key=lambda sides: cost(videos, sides, shares))


def _drawn(shares: Floats, may: Bools, rng: np.random.Generator) -> Ints:
    """Draw a start by the shares."""
    weight = np.where(may, np.maximum(shares, TINY), 0.0).cumsum(axis=1)
    drawn: Ints = (rng.random((len(may), 1)) * weight[:, -1:] >= weight).sum(axis=1)
    return drawn


def _grown(videos: Videos, shares: Floats, may: Bools, rng: np.random.Generator) -> Ints:
    """Fill one split after the other with neighbours, from one end of the graph to the other."""
    atom = np.concatenate([np.array(atoms) for atoms in videos.touched])
    row = np.repeat(np.arange(len(videos.touched)), [len(atoms) for atoms in videos.touched]) + videos.atoms
    size = videos.atoms + len(videos.touched)
    links = coo_array((np.ones(len(atom)), (atom, row)), shape=(size, size)).tocsr()
    end = breadth_first_order(links, 0, directed=False, return_predecessors=False)[-1]
    order = breadth_first_order(links, end, directed=False, return_predecessors=False)
    order = order[order < videos.atoms]
    volume = videos.volumes()[order, 0]
    side = np.searchsorted(np.cumsum(shares), (np.cumsum(volume) - volume / 2) / volume.sum(), side="right")
    sides = np.empty(videos.atoms, dtype=np.int64)
    sides[order] = np.minimum(side, len(shares) - 1)
    grown: Ints = np.where(may[np.arange(len(may)), sides], sides, _drawn(shares, may, rng))
    return grown


def _anneal(videos: Videos, shares: Floats, may: Bools, start: Ints, rng: np.random.Generator) -> Ints:
    free = np.flatnonzero(may.sum(axis=1) > 1)
    steps = min(STEPS_PER_ATOM * len(free), MAX_STEPS)
    state = _State(videos, shares, start)
    hot = max(float(videos.volumes()[:, 0].mean()), 1.0) if videos.atoms <= LARGE else COLD
    best, best_cost, now = state.sides.copy(), 0.0, 0.0
    atoms, others = rng.choice(free, size=(2, steps)).tolist()
    sides = rng.choice(np.flatnonzero(may.any(axis=0)), size=steps).tolist()
    bars = (-np.log(rng.random(steps)) * hot * (COLD / hot) ** (np.arange(steps) / steps)).tolist()
    can = may.tolist()
    for step in range(steps):
        # Moves and exchanges take turns: where sizes are just right, only an exchange leads on.
        moves = [(atoms[step], sides[step])]
        if step % 2:
            moves = [(atoms[step], state.sides[others[step]]), (others[step], state.sides[atoms[step]])]
        if not all(can[atom][side] and state.sides[atom] != side for atom, side in moves):
            continue
        back = [(atom, state.sides[atom]) for atom, _ in reversed(moves)]
        change = sum(state.move(atom, side) for atom, side in moves)
        # As likely as exp(-change / temperature).
        if change >= bars[step]:
            for atom, side in back:
                state.move(atom, side)
            continue
        now += change
        if now < best_cost - TINY:
            best, best_cost = state.sides.copy(), now
    return np.array(best)


class _State:
    """A cut under way: how many atoms of each row lie in each split, and how large the splits are."""

    def __init__(self, videos: Videos, shares: Floats, start: Ints) -> None:
        volumes, sides = videos.volumes(), len(shares)
        self.sides: list[int] = start.tolist()
        self._volumes = list(volumes)
        self._targets = list(shares[:, None] * volumes.sum(axis=0))
        self._sizes = [volumes[start == side].sum(axis=0) for side in range(sides)]
        self._prices = videos.prices()
        self._missed = [float(_missed(size, want) @ self._prices) for size, want in self._pairs()]
        # A video with one atom is never lost.
        several = [number for number, atoms in enumerate(videos.touched) if len(atoms) > 1]
        rows = [videos.touched[number] for number in several]
        self._length = [len(atoms) for atoms in rows]
        self._count: list[int] = videos.count.sum(axis=1)[several].tolist()
        self._inside = [[0] * sides for _ in rows]
        self._rows: list[list[int]] = [[] for _ in range(videos.atoms)]
        for number, atoms in enumerate(rows):
            for atom in atoms:
                self._rows[atom].append(number)
                self._inside[number][self.sides[atom]] += 1

    def move(self, atom: int, side: int) -> float:
        """Move an atom to another split and tell by how much the cost rises."""
        old, lost = self.sides[atom], 0
        for row in self._rows[atom]:
            inside, length = self._inside[row], self._length[row]
            if inside[old] == length:
                lost += self._count[row]
            elif inside[side] == length - 1:
                lost -= self._count[row]
            inside[old] -= 1
            inside[side] += 1
        missed = 0.0
        for place, sign in ((old, -1), (side, 1)):
            self._sizes[place] = self._sizes[place] + sign * self._volumes[atom]
            miss = float(_missed(self._sizes[place], self._targets[place]) @ self._prices)
            missed += miss - self._missed[place]
            self._missed[place] = miss
        self.sides[atom] = side
        return lost + missed

    def _pairs(self) -> list[tuple[Floats, Floats]]:
        return list(zip(self._sizes, self._targets, strict=True))


def _missed(size: Floats, target: Floats) -> Floats:
    """Tell how many videos there are too many or too few."""
    missed: Floats = np.maximum(np.abs(size - target) - SLACK * target, 0.0)
    return missed
