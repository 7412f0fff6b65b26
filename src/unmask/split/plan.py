"""Plan a dealing: which groups are drawn by hash, which follow what is fixed, and which components are cut."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from unmask.split.ties import Bools, Graph, Ints, Ties, components


@dataclass(frozen=True)
class Limits:
    """Where atoms may go; both arrays of shape (atoms, splits).

    Attributes:
        fixed: Where lists let it go: one split if something fixes it, at least one always.
        useful: Where the corpora of its videos have a use for it.
        whole: Up to how many identities a component stays whole.
    """

    fixed: Bools
    useful: Bools
    whole: int

    def open(self) -> Bools:
        """Give where each atom goes if it is cut off: where it is of use, if lists allow that."""
        return both(self.fixed, self.useful)


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        sides: Split of each atom that is fixed, or follows what is fixed.
        group: Number of the group of each atom that is drawn, -1 for others.
        names: Name of each group.
        may: Where each group may go, shape (groups, splits).
        cut: Numbers of the components to cut.
    """

    sides: Ints
    group: Ints
    names: npt.NDArray[np.object_]
    may: Bools
    cut: list[int]


def plan(found: Ties, graph: Graph, limits: Limits) -> Plan:
    """Look at each component: what is fixed in it, whether that agrees, and whether it is too large to stay whole."""
    component, size = graph.atom_component, len(graph.names)
    loose = limits.fixed.sum(axis=1) > 1
    common = ~_any(component, ~limits.fixed, size)
    has_loose = np.bincount(component[loose], minlength=size) > 0
    large = has_loose & (graph.people > limits.whole) & (np.bincount(component, minlength=size) > 1)
    torn = has_loose & ~large & ~common.any(axis=1)
    whole = has_loose & ~large & ~torn

    sides = np.argmax(limits.fixed, axis=1).astype(np.int64)
    group = np.where(whole[component] & loose, (np.cumsum(whole) - 1)[component], -1)
    names = np.array(graph.names, dtype=object)[whole]
    may = both(common, _any(component, limits.useful, size))[whole]
    if torn.any():
        rest = np.flatnonzero(torn[component] & loose)
        piece, following = _pieces(graph, rest, limits, sides)
        sides[rest] = np.where(following >= 0, following, 0)[piece]
        alone = following < 0
        group[rest] = np.where(alone, len(names) + np.cumsum(alone) - 1, -1)[piece]
        first = np.unique(piece, return_index=True)[1]
        names = np.concatenate([names, found.names[_first_tie(graph)[rest[first]]][alone]])
        pieces = ~_any(piece, ~limits.fixed[rest], len(first))
        may = np.concatenate([may, both(pieces, _any(piece, limits.useful[rest], len(first)))[alone]])
    return Plan(sides, group, names, may, np.flatnonzero(large).tolist())


def both(fixed: Bools, useful: Bools) -> Bools:
    """Give what both allow; what lists allow, where that is nothing."""
    allowed = fixed & useful
    return np.where(allowed.any(axis=1, keepdims=True), allowed, fixed)


def _pieces(graph: Graph, rest: Ints, limits: Limits, sides: Ints) -> tuple[Ints, Ints]:
    """Find what still hangs together when the fixed atoms are taken away, and whom each piece follows.

    Returns:
        The piece of each atom of the rest, and the split of each piece in which it keeps most videos (the most
        protected one of equals), -1 where it has a choice and no video says which.
    """
    atoms, videos = len(sides), len(graph.video_component)
    inside = np.isin(graph.bond_atom, rest)
    label = components(graph.bond_atom[inside], graph.bond_video[inside] + atoms, atoms + videos)
    _, piece = np.unique(label[rest], return_inverse=True)
    of_atom = np.full(atoms, -1, dtype=np.int64)
    of_atom[rest] = piece
    table = pd.DataFrame({"video": graph.bond_video, "atom": graph.bond_atom})
    mine = table[inside].assign(piece=of_atom[table["atom"][inside]])[["video", "piece"]].drop_duplicates()
    others = table[~inside].assign(side=sides[table["atom"][~inside]])[["video", "side"]].drop_duplicates()
    votes = np.zeros((piece.max() + 1, limits.fixed.shape[1]), dtype=np.int64)
    meet = mine.merge(others, on="video")
    np.add.at(votes, (meet["piece"].to_numpy(), meet["side"].to_numpy()), 1)
    votes[_any(piece, ~limits.fixed[rest], len(votes))] = 0
    # The last of equals is the most protected.
    best = votes.shape[1] - 1 - np.argmax(votes[:, ::-1], axis=1)
    return piece.astype(np.int64), np.where(votes.any(axis=1), best, -1)


def _any(group: Ints, flags: Bools, size: int) -> Bools:
    """Tell for each group whether any of its members has the flag, shape (size, flags)."""
    return np.stack([np.bincount(group[column], minlength=size) > 0 for column in flags.T], axis=1)


def _first_tie(graph: Graph) -> Ints:
    first: Ints = np.unique(graph.atom_of_tie, return_index=True)[1]
    return first
