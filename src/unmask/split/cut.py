"""Cut one component that is too large to be dealt whole, where few videos are lost.

This is balanced partitioning of a hypergraph (vertices: atoms; hyperedges: videos), which is NP-hard; simulated
annealing (Kirkpatrick, Gelatt and Vecchi, "Optimization by simulated annealing", Science 220, 1983) comes close to the
best cut of small graphs (a test compares with brute force) and needs no more than a list of what touches what.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# How far a split's size may lie from its share, relative to the share, before it costs anything.
SLACK = 0.15
# Steps of annealing for each atom, and at most, which bounds the time to some 10 s.
STEPS_PER_ATOM = 400
MAX_STEPS = 400_000
# Up to how many atoms a graph is tried several times, of which the best counts: there it is cheap.
SMALL = 100
RUNS = 4
# Temperature at the end, in videos: well below one video, so that the last steps only improve.
COLD = 0.05
# Less than this is no better, only rounded otherwise.
TINY = 1e-6


@dataclass(frozen=True)
class Videos:
    """The videos of one component; those that touch the same atoms count as one row with a number.

    Attributes:
        touched: Atoms, from 0, that each row touches: sorted, at least one.
        count: Number of videos of each row.
        atoms: Number of atoms.
    """

    touched: Sequence[tuple[int, ...]]
    count: Ints
    atoms: int

    def volumes(self) -> Floats:
        """Give the size of each atom: every video is spread evenly over the atoms that it touches."""
        volumes = np.zeros(self.atoms)
        for atoms, count in zip(self.touched, self.count, strict=True):
            volumes[list(atoms)] += count / len(atoms)
        return volumes


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
    missed = 0.0
    for side, share in enumerate(shares):
        missed += _missed(float(volumes[sides == side].sum()), float(share * volumes.sum()))
    return float(videos.count[~kept].sum()) + _price(videos) * missed


def cut(videos: Videos, shares: Floats, rng: np.random.Generator) -> Ints:
    """Deal atoms to splits such that sizes follow the shares and few videos touch two splits.

    Args:
        videos: The videos of one component.
        shares: Share of each split; a split with share 0 gets nothing.
        rng: Source of the start and of the steps.

    Returns:
        Number of the split of each atom, shape (atoms,).
    """
    steps = min(STEPS_PER_ATOM * videos.atoms, MAX_STEPS)
    tries = [_anneal(videos, shares, steps, rng) for _ in range(RUNS if videos.atoms <= SMALL else 1)]
    return min(tries, key=lambda sides: cost(videos, sides, shares))


def _anneal(videos: Videos, shares: Floats, steps: int, rng: np.random.Generator) -> Ints:
    state = _State(videos, shares, rng)
    hot = max(float(videos.volumes().mean()), 1.0)
    best, best_cost, now = state.sides.copy(), 0.0, 0.0
    atoms, others = rng.integers(videos.atoms, size=(2, steps)).tolist()
    sides = rng.choice(np.flatnonzero(shares), size=steps).tolist()
    bars = (-np.log(rng.random(steps)) * hot * (COLD / hot) ** (np.arange(steps) / steps)).tolist()
    for step in range(steps):
        # Moves and exchanges take turns: where sizes are just right, only an exchange leads on.
        moves = [(atoms[step], sides[step])]
        if step % 2:
            moves = [(atoms[step], state.sides[others[step]]), (others[step], state.sides[atoms[step]])]
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

    def __init__(self, videos: Videos, shares: Floats, rng: np.random.Generator) -> None:
        volumes = videos.volumes()
        self.sides: list[int] = rng.choice(len(shares), size=videos.atoms, p=shares).tolist()
        self._volumes: list[float] = volumes.tolist()
        self._targets: list[float] = (shares * volumes.sum()).tolist()
        self._sizes: list[float] = np.bincount(self.sides, weights=volumes, minlength=len(shares)).tolist()
        self._price = _price(videos)
        # A video with one atom is never lost.
        rows = [(atoms, count) for atoms, count in zip(videos.touched, videos.count, strict=True) if len(atoms) > 1]
        self._length = [len(atoms) for atoms, _ in rows]
        self._count = [int(count) for _, count in rows]
        self._inside = [[0] * len(shares) for _ in rows]
        self._rows: list[list[int]] = [[] for _ in range(videos.atoms)]
        for number, (atoms, _) in enumerate(rows):
            for atom in atoms:
                self._rows[atom].append(number)
                self._inside[number][self.sides[atom]] += 1

    def move(self, atom: int, side: int) -> float:
        """Move an atom to a split and tell by how much the cost rises."""
        old, lost = self.sides[atom], 0
        if side == old:
            return 0.0
        for row in self._rows[atom]:
            inside, length = self._inside[row], self._length[row]
            if inside[old] == length:
                lost += self._count[row]
            elif inside[side] == length - 1:
                lost -= self._count[row]
            inside[old] -= 1
            inside[side] += 1
        missed = 0.0
        for place, volume in ((old, -self._volumes[atom]), (side, self._volumes[atom])):
            size, target = self._sizes[place], self._targets[place]
            missed += _missed(size + volume, target) - _missed(size, target)
            self._sizes[place] = size + volume
        self.sides[atom] = side
        return lost + self._price * missed


def _price(videos: Videos) -> float:
    """Give the cost of one missing video: an atom of volume v loses at most v times the longest row when it moves."""
    return 1.0 + max(len(atoms) for atoms in videos.touched)


def _missed(size: float, target: float) -> float:
    """Tell how many videos a split has too many or too few."""
    return max(abs(size - target) - SLACK * target, 0.0)
