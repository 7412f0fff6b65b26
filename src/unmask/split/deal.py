"""Deal identities to splits where no official list does, such that new videos move no old ones.

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

What can still move an old video is a new one that changes its own group: it brings an identity that comes first in the
order of names (later names change nothing), ties two groups, lifts one above `whole`, or joins one that is cut. No rule
can avoid that and keep groups whole.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from unmask.errors import DataError
from unmask.hashing import stable_hash
from unmask.split.cut import Videos, cut
from unmask.split.tables import SPLITS
from unmask.split.ties import Graph, Ints, graph

LOST = -1
CLASSES = ("real", "fake")
# How many further seeds are tried to name one that works; each draws all groups again, or cuts again.
TRIES, TRIES_WITH_CUT, MOST_DRAWS = 200, 10, 1_000_000


class Dealer:
    """Deals the videos of one corpus."""

    def __init__(self, videos: pd.DataFrame, shares: Mapping[str, float], whole: int) -> None:
        """Find who hangs together.

        Args:
            videos: Rows of the table `videos`, in any order.
            shares: Share of each split, adding up to 1.
            whole: Up to how many identities a component stays whole.
        """
        self._order = np.argsort(videos["video"].to_numpy(dtype=object), kind="stable")
        self._labels = videos["label"].to_numpy()[self._order]
        self._index = videos.index[self._order]
        self._shares = np.array([shares[name] for name in SPLITS])
        self._graph = graph(videos.iloc[self._order])
        large = [int(number) for number in np.flatnonzero(self._graph.people > whole)]
        self._cuttable = [number for number in large if self._atoms(number).size > 1]

    def deal(self, seed: int) -> pd.Series:
        """Give each video its split, or the empty string if its identities fall into different splits."""
        names = np.array([*SPLITS, ""], dtype=object)  # The last one, number -1, is LOST.
        return pd.Series(names[self._numbers(seed)], index=self._index).sort_index()

    def deal_both_classes(self, seed: int, where: str) -> pd.Series:
        """Deal, and insist on both classes in each split.

        Args:
            seed: Seed.
            where: Name of the corpus, for the message.

        Raises:
            DataError: A split has no real or no fake video; the message names a seed that works, if one is near.
        """
        if not (lacking := self._lacking(seed)):
            return self.deal(seed)
        tries = TRIES_WITH_CUT if self._cuttable else min(TRIES, MOST_DRAWS // len(self._graph.names))
        better = next((other for other in range(seed + 1, seed + 1 + tries) if not self._lacking(other)), None)
        raise DataError(
            f"{where}: dealing {len(self._graph.names)} groups of identities with `split.seed: {seed}` leaves "
            f"{lacking[0]}. "
            + (
                f"`split.seed: {better}` gives every split both classes; set it in params.yaml."
                if better is not None
                else f"None of the next {tries} seeds does better: use more videos, change `split.shares`, or lower "
                "`split.whole`, so that large groups are cut."
            )
        )

    def _numbers(self, seed: int) -> Ints:
        found = self._graph
        component = np.array([draw(seed, name, self._shares) for name in found.names])
        sides = component[found.atom_component]
        for number in self._cuttable:
            sides[self._atoms(number)] = self._cut(number, seed)
        of_bond = sides[found.bond_atom]
        _, first = np.unique(found.bond_video, return_index=True)
        low, high = np.minimum.reduceat(of_bond, first), np.maximum.reduceat(of_bond, first)
        numbers: Ints = np.where(low == high, low, LOST)
        return numbers

    def _cut(self, number: int, seed: int) -> Ints:
        rng = np.random.default_rng([seed, stable_hash(self._graph.names[number])])
        return cut(self._videos[number], self._shares, rng)

    @cached_property
    def _videos(self) -> dict[int, Videos]:
        return {number: _gather(self._graph, number, self._atoms(number)) for number in self._cuttable}

    def _atoms(self, number: int) -> Ints:
        return np.flatnonzero(self._graph.atom_component == number)

    def _lacking(self, seed: int) -> list[str]:
        """Say which class is missing in which split."""
        numbers = self._numbers(seed)
        counts = np.zeros((len(SPLITS), len(CLASSES)), dtype=int)
        kept = numbers != LOST
        np.add.at(counts, (numbers[kept], self._labels[kept]), 1)
        return [
            f"`{split}` without any {name} video"
            for split, share, row in zip(SPLITS, self._shares, counts, strict=True)
            for name, count in zip(CLASSES, row, strict=True)
            if share > 0 and count == 0
        ]


def draw(seed: int, name: str, shares: np.ndarray) -> int:
    """Draw a split by hash: the same name, seed and shares always give the same.

    Example:
        >>> draw(1, "celeb_df:id0", np.array([0.7, 0.15, 0.15]))
        0
    """
    chance = stable_hash(f"{seed}/{name}") / 2**64
    borders = np.cumsum(shares)
    side = int(np.searchsorted(borders, chance, side="right"))
    # Rounding may leave the last border a little below 1; the last split with a share takes what is there.
    return min(side, int(np.flatnonzero(shares)[-1]))


def _gather(found: Graph, number: int, atoms: Ints) -> Videos:
    inside = found.video_component[found.bond_video] == number
    rows = pd.Series(np.searchsorted(atoms, found.bond_atom[inside])).groupby(found.bond_video[inside]).agg(tuple)
    counts = rows.value_counts().sort_index()
    return Videos(list(counts.index), counts.to_numpy().astype(np.int64), len(atoms))
