"""Deal identities to splits where nothing fixes them, such that new videos move no old ones.

A dealing that gives the same result in whatever order videos arrive, and moves none when videos of new identities
arrive, can look at nothing but the group at hand: take all other groups away, and its split must not change. So the
split of a group follows from a hash of its name and the seed against the shares, and nothing counts or fills up.
(Filling quotas in the order of hashes meets the shares exactly, but each new group pushes others over the edge.)

The price is noise: of n groups, a split of share s gets s n ± sqrt(n s (1 - s)). With some thirty groups a split may
even stay without one of the classes. Then nothing is moved behind the user's back, for that would have to be undone
when the corpus grows: the step stops and names the next seed that works. Once a seed works, new identities cannot spoil
it.

Components of more than `whole` identities are cut (see `cut`). That limit is a number of identities and not a share
of the corpus for the same reason: whether one group is cut may not depend on the others.

Some atoms are fixed, by an official list or because they are kept. What hangs together with atoms of one split goes
there; between atoms of different splits, the rest of a small component goes where it keeps most videos.

What can still move an old video that nothing fixes is a new one that changes its own group: it brings an identity that
comes first in the order of names (later names change nothing), ties two groups, lifts one above `whole`, or joins one
that is cut. No rule can avoid that and keep groups whole; `tied` names the videos that hold groups together, and the
list of kept identities fixes what has been.
"""

import numpy as np
import numpy.typing as npt

from unmask.hashing import stable_hash
from unmask.split.cut import Floats, Videos, cut
from unmask.split.plan import Limits, Plan, plan
from unmask.split.ties import IDENTITY, Bools, Graph, Ints, Ties

# A label and method with fewer videos than these in a component is no stratum of its own.
LEAST = 20


class Dealer:
    """Deals the atoms of some videos."""

    def __init__(self, found: Ties, graph: Graph, strata: Ints, shares: Floats, limits: Limits) -> None:
        """Plan what is drawn, what follows, and what is cut.

        Args:
            found: What ties the videos.
            graph: Their atoms and components.
            strata: Number of the label and method of each video.
            shares: Share of each split, adding up to 1.
            limits: Where atoms may go, and up to how many identities a component stays whole.
        """
        self.ties, self.graph = found, graph
        self._shares, self._limits = shares, limits
        self._plan: Plan = plan(found, graph, limits)
        self._videos = {number: gather(graph, number, strata) for number in self._plan.cut}

    @property
    def groups(self) -> int:
        """How many groups a seed draws or cuts."""
        return len(self._plan.names) + len(self._plan.cut)

    @property
    def cut_components(self) -> list[int]:
        """Numbers of the components that are cut."""
        return self._plan.cut

    def deal(self, seed: int) -> Ints:
        """Give each atom the number of its split."""
        todo = self._plan
        drawn = draw(seed, todo.names, masked(self._shares, todo.may))
        sides = todo.sides.copy()
        inside = todo.group >= 0
        sides[inside] = drawn[todo.group[inside]]
        for number in todo.cut:
            atoms = np.flatnonzero(self.graph.atom_component == number)
            rng = np.random.default_rng([seed, stable_hash(self.graph.names[number])])
            sides[atoms] = cut(self._videos[number], self._shares, self._limits.open()[atoms], rng)
        return sides

    def tied(self, seed: int) -> Bools:
        """Tell which videos hold identities together that would be dealt to different splits if each were alone."""
        found, group = self.ties, self._plan.group[self.graph.atom_of_tie]
        asked = np.flatnonzero((found.kinds == IDENTITY) & (group >= 0))
        side = np.full(len(found.names), -1, dtype=np.int64)
        side[asked] = draw(seed, found.names[asked], masked(self._shares, self._plan.may[group[asked]]))
        entries = side[found.tie] >= 0
        row, own = found.row[entries], side[found.tie[entries]]
        low, high = np.full((2, len(found.own)), -1)
        low[:] = len(self._shares)
        np.minimum.at(low, row, own)
        np.maximum.at(high, row, own)
        held: Bools = low < high
        return held


def masked(shares: Floats, may: Bools) -> Floats:
    """Give the shares of the splits that are open, adding up to 1; equal ones if none of them has a share.

    Args:
        shares: Share of each split.
        may: Open splits, shape (groups, splits), one at least in each row.

    Example:
        >>> masked(np.array([0.6, 0.2, 0.2]), np.array([[False, True, True]])).tolist()
        [[0.0, 0.5, 0.5]]
    """
    weights = np.where(may, shares, 0.0)
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, may)
    scaled: Floats = weights / weights.sum(axis=1, keepdims=True)
    return scaled


def draw(seed: int, names: npt.NDArray[np.object_], shares: Floats) -> Ints:
    """Draw splits by hash: the same name, seed and shares always give the same.

    Args:
        seed: Seed.
        names: Names of groups.
        shares: Shares of the splits, shape (groups, splits), adding up to 1 in each row.

    Example:
        >>> draw(1, np.array(["celeb_df:id0"]), np.array([[0.7, 0.15, 0.15]])).tolist()
        [0]
    """
    chance = np.array([stable_hash(f"{seed}/{name}") / 2**64 for name in names.tolist()])
    side = (chance[:, None] >= np.cumsum(shares, axis=1)).sum(axis=1)
    # Rounding may leave the last border a little below 1; the last split with a share takes what is there.
    last = shares.shape[1] - 1 - np.argmax(shares[:, ::-1] > 0, axis=1)
    drawn: Ints = np.minimum(side, last).astype(np.int64)
    return drawn


def gather(graph: Graph, number: int, strata: Ints) -> Videos:
    """Collect the videos of one component.

    Args:
        graph: Atoms and components.
        number: Number of the component.
        strata: Number of the label and method of each video.
    """
    atoms = np.flatnonzero(graph.atom_component == number)
    inside = graph.video_component[graph.bond_video] == number
    video, first, length = np.unique(graph.bond_video[inside], return_index=True, return_counts=True)
    atom = np.searchsorted(atoms, graph.bond_atom[inside])
    stratum = _strata(strata[video])
    touched: list[tuple[int, ...]] = []
    counts = []
    for size in np.unique(length).tolist():
        chosen = np.flatnonzero(length == size)
        rows, which = np.unique(atom[first[chosen, None] + np.arange(size)], axis=0, return_inverse=True)
        count = np.zeros((len(rows), stratum.max() + 1), dtype=np.int64)
        np.add.at(count, (which.ravel(), stratum[chosen]), 1)
        touched += [tuple(row) for row in rows.tolist()]
        counts.append(count)
    return Videos(touched, np.concatenate(counts), len(atoms))


def _strata(strata: Ints) -> Ints:
    """Number the strata of a component; small ones are one together."""
    _, number, count = np.unique(strata, return_inverse=True, return_counts=True)
    number = np.where(count[number] < LEAST, -1, number)
    merged: Ints = np.unique(number, return_inverse=True)[1].astype(np.int64)
    return merged
