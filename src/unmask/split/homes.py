"""Where people are at home: what the kept list and official lists fix before anything is dealt.

The kept list is strongest. Then the corpus that a name comes from decides (its layout or its own name is the name's
data set), wherever else the name occurs. If no such corpus trains or validates on the name, the list of any other does.
Where lists disagree, test goes before val and val before train: published test sets stay as they are, and training
loses.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from unmask.split.tables import SPLITS
from unmask.split.ties import Bools, Ints, Ties

Rule = Literal["official", "val_dealt", "rest_dealt", "dealt", "folds", "test_list", "all_test"]

# What lists say of a name; the higher number wins. `REST` is an official train out of which val is dealt.
NOTHING, REST, TRAIN, VAL, TEST = range(5)
# Which of train, val and test each of them allows.
ALLOWS = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=bool)
# What each rule makes of the official splits.
READING: Mapping[str, Mapping[str, int]] = {
    "official": {"train": TRAIN, "val": VAL, "test": TEST},
    "val_dealt": {"train": REST, "test": TEST},
    "rest_dealt": {"val": VAL, "test": TEST},
    "test_list": {"test": TEST},
}
# Layouts whose official list of test videos names people who occur in the rest too, so that nobody can follow it.
NOT_DISJOINT = ("celeb_df", "celeb_df_pp")


@dataclass(frozen=True)
class Role:
    """What one corpus is for.

    Attributes:
        rule: How its videos come to their splits.
        fills: The splits it gives videos to; every corpus tests.
        owns: Data sets whose names it decides on.
    """

    rule: Rule
    fills: frozenset[str]
    owns: frozenset[str]

    @property
    def takes_part(self) -> bool:
        """Tell whether it does more than test."""
        return len(self.fills) > 1


class Homes:
    """Asks lists for the homes of names."""

    def __init__(self, videos: pd.DataFrame, found: Ties, roles: Mapping[str, Role]) -> None:
        """Find who bears and who owns each name.

        Args:
            videos: All videos.
            found: Their ties.
            roles: Role of each corpus.
        """
        self._names, self._size = found.names, len(found.names)
        inside = found.named()
        self._row, self._tie = found.row[inside], found.tie[inside]
        names = sorted(roles)
        corpus = pd.Categorical(videos["corpus"], categories=names).codes[self._row]
        space, spaces = pd.factorize(np.array([str(name).partition(":")[0] for name in found.names], dtype=object))
        owns = np.array([[space in roles[name].owns for space in spaces] for name in names], dtype=bool)
        self._owned = owns[corpus, space[self._tie]]
        self._takes_part = np.array([roles[name].takes_part for name in names])[corpus]
        self._all_test = np.array([roles[name].rule == "all_test" for name in names])[corpus]
        self._says = np.full(len(videos), NOTHING, dtype=np.int64)
        for name in names:
            for split, says in READING.get(roles[name].rule, {}).items():
                self._says[((videos["corpus"] == name) & (videos["split"] == split)).to_numpy()] = says

    def fixed(self, kept: Mapping[str, str]) -> Ints:
        """Give what lists say of each tie, `NOTHING` for ties that are no names.

        Args:
            kept: Splits of names that stay where they are.
        """
        says = self._says[self._row]
        owner, anyone = self._most(says, self._owned), self._most(says, np.ones(len(says), dtype=bool))
        busy = self._has(self._owned & self._takes_part)
        # A corpus that only tests and has no list tests all that is its own.
        owner[(owner == NOTHING) & ~busy & self._has(self._owned & self._all_test)] = TEST
        found = np.where((owner != NOTHING) | busy, owner, anyone)
        if kept:
            place = pd.Index(list(kept)).get_indexer(pd.Index(self._names))
            number = np.array([TRAIN + SPLITS.index(split) for split in kept.values()])
            named = self._has(np.ones(len(self._tie), dtype=bool))
            found = np.where((place >= 0) & named, number[place], found)
        return found

    def dealt_only(self) -> Bools:
        """Tell which ties are names of a corpus that does more than test."""
        return self._has(self._takes_part)

    def follow(self, videos: int, settled: Bools) -> Bools:
        """Tell which videos bear a name that another corpus owns, bears too, and has a home for.

        Args:
            videos: Number of videos.
            settled: Ties that have a home.
        """
        owned = self._has(self._owned) & settled
        found = np.zeros(videos, dtype=bool)
        found[self._row[owned[self._tie] & ~self._owned]] = True
        return found

    def _most(self, says: Ints, chosen: Bools) -> Ints:
        most = np.full(self._size, NOTHING, dtype=np.int64)
        np.maximum.at(most, self._tie[chosen], says[chosen])
        return most

    def _has(self, entries: Bools) -> Bools:
        return np.bincount(self._tie[entries], minlength=self._size) > 0


def role_of(name: str, layout: str | None, listed: Collection[str], fills: frozenset[str], *, folds: bool) -> Role:
    """Choose the rule for one corpus.

    Args:
        name: The corpus.
        layout: Name of its layout.
        listed: Official splits that its videos name.
        fills: The splits it gives videos to.
        folds: Whether identities are dealt into folds.
    """
    rule: Rule
    if len(fills) == 1:
        rule = "test_list" if "test" in listed else "all_test"
    elif folds:
        rule = "folds"
    elif {"train", "val"} <= set(listed):
        rule = "official"
    elif {"train", "test"} <= set(listed):
        rule = "val_dealt"
    else:
        followed = {"val", "test"} & set(listed) and (layout or name) not in NOT_DISJOINT
        rule = "rest_dealt" if followed else "dealt"
    return Role(rule, fills, frozenset({name, layout or name}))
