"""One case of splitting: what is fixed, what is left to deal, and the places of all videos for a seed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from unmask.split.deal import Dealer
from unmask.split.homes import ALLOWS, NOTHING, REST, TRAIN, Homes, Role
from unmask.split.params import Params
from unmask.split.places import OPEN, TORN, Known, Places, places
from unmask.split.plan import Limits
from unmask.split.tables import SPLITS
from unmask.split.ties import CLUSTER, Bools, Ints, Ties, connect

NAMED = 5


class Case:
    """Everything but the seed.

    Only corpora that train or validate are dealt: a corpus that only tests never changes what is trained on, except by
    the homes that its own test list gives.

    Attributes:
        ties: Ties of all videos.
        dealer: Deals what nothing fixes.
        dealt: Corpora of which something is dealt.
        folds: Whether it deals into folds.
        names: Names of what is dealt into: splits or folds.
        shares: Their shares.
    """

    def __init__(
        self, videos: pd.DataFrame, found: Ties, roles: Mapping[str, Role], homes: Homes, params: Params,
        kept: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Take what was read, the roles of corpora, what lists say, the section `split` and what is kept."""
        self.ties, self._videos, self._params = found, videos["video"].to_numpy(dtype=object), params
        self.folds = params.folds > 0
        self.names = [f"fold {n}" for n in range(params.folds)] if self.folds else list(SPLITS)
        shares = params.shares.model_dump()
        self.shares = np.full(params.folds, 1 / params.folds) if self.folds else np.array([shares[n] for n in SPLITS])
        self._says = homes.fixed(kept)
        listed = homes.fixed({}) if kept else self._says
        listed = (listed >= TRAIN) & (listed == self._says) & (not self.folds)
        self._known = Known(listed, pd.Series(found.names).isin(list(kept)).to_numpy() & (found.kinds <= CLUSTER))
        if self.folds:
            self._says[homes.dealt_only()] = NOTHING
        self._part = videos["corpus"].isin([name for name, role in roles.items() if role.takes_part]).to_numpy()
        part = found.of(self._part)
        self._number = np.unique(found.tie[self._part[found.row]])
        graph = connect(part)
        fixed = self._fixed(graph.atom_of_tie, len(graph.atom_component))
        corpus = videos["corpus"].to_numpy(dtype=object)[self._part]
        useful = self._useful(corpus, roles, graph.bond_video, graph.bond_atom, len(fixed))
        strata = pd.factorize(videos["label"].astype(str) + videos["method"].astype(str), sort=True)[0][self._part]
        limits = Limits(fixed, useful, params.whole)
        self.dealer = Dealer(part, graph, strata.astype(np.int64), self.shares, limits)
        loose = fixed.sum(axis=1) > 1
        self.dealt = sorted({corpus[video] for video in np.unique(graph.bond_video[loose[graph.bond_atom]])})

    def at(self, seed: int) -> Places:
        """Give the places of all videos: splits, or folds, where the number after the last is test in every fold."""
        side = np.full(len(self.ties.names), OPEN, dtype=np.int64)
        known = self._says >= TRAIN
        side[known] = self._says[known] - TRAIN
        if self.folds:
            side[:] = OPEN
        dealt = self.dealer.deal(seed)[self.dealer.graph.atom_of_tie]
        # In an atom that lists tear, what they call train stays there.
        dealt = np.where(self._rest() & (dealt == SPLITS.index("test")), SPLITS.index("train"), dealt)
        is_name = self.ties.kinds[self._number] <= CLUSTER
        free = is_name & (~known[self._number] | self.folds)
        side[self._number[free]] = dealt[free]
        last = len(self.names) if self.folds else SPLITS.index("test")
        return places(self.ties, side, self._known, last, drop=self._params.straddling == "drop")

    def settled(self) -> Bools:
        """Tell which ties are names that lists or the dealing give a home."""
        found: Bools = self._says >= TRAIN
        found[self._number] = True
        return found & (self.ties.kinds <= CLUSTER)

    def splits(self, place: Ints) -> Ints:
        """Give the number of the split of each place, -1 for `TORN`."""
        if not self.folds:
            return place
        train, val, test = range(len(SPLITS))
        table = np.full(self._params.folds + 2, train, dtype=np.int64)
        table[self._params.fold] = test
        table[(self._params.fold + 1) % self._params.folds] = val
        table[self._params.folds] = test
        table[TORN] = TORN
        numbers: Ints = table[place]
        return numbers

    def describe(self, placed: Places, seed: int) -> dict[str, Any]:
        """Tell what the dealing did, in plain values."""
        graph = self.dealer.graph
        torn = placed.place[self._part] == TORN
        sizes = np.bincount(graph.video_component, minlength=len(graph.names))
        lost = np.bincount(graph.video_component[torn], minlength=len(graph.names))
        tied = sorted(self._videos[self._part][self.dealer.tied(seed)])
        return {
            "groups": self.dealer.groups,
            "cut": {
                graph.names[n]: {"identities": int(graph.people[n]), "videos": int(sizes[n]), "lost": int(lost[n])}
                for n in self.dealer.cut_components
            },
            "tied": {"videos": len(tied), "first": tied[:NAMED]},
            "listed_apart": {str(self.ties.names[n]): self._spread(int(n), placed) for n in placed.straddling},
        }

    def _spread(self, source: int, placed: Places) -> dict[str, int]:
        """Count the videos of a source clip by the split that lists give them."""
        named = placed.named[self.ties.row[self.ties.tie == source]]
        return {name: int((named == n).sum()) for n, name in enumerate(self.names) if (named == n).any()}

    def _fixed(self, atom: Ints, atoms: int) -> Bools:
        says = self._says[self._number]
        if self.folds:
            return np.ones((atoms, len(self.names)), dtype=bool)
        banned = np.stack([np.bincount(atom[~may], minlength=atoms) > 0 for may in ALLOWS[says].T], axis=1)
        most = np.full(atoms, NOTHING, dtype=np.int64)
        np.maximum.at(most, atom, says)
        return np.where(banned.all(axis=1, keepdims=True), ALLOWS[most], ~banned)

    def _useful(
        self, corpus: np.ndarray, roles: Mapping[str, Role], bond_video: Ints, bond_atom: Ints, atoms: int
    ) -> Bools:
        useful = np.zeros((atoms, len(self.names)), dtype=bool)
        for name in set(corpus):
            own = bond_atom[corpus[bond_video] == name]
            for number, where in enumerate(self.names):
                if self.folds or where in roles[name].fills:
                    useful[own, number] = True
        return useful

    def _rest(self) -> Bools:
        found: Bools = self._says[self._number] == REST
        return found
