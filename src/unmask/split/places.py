"""From the homes of people to the places of videos: a video's ties must all be at home in the same split."""

from dataclasses import dataclass

import numpy as np

from unmask.split.ties import BYTES, PAIR, SOURCE, Bools, Ints, Ties

# Ties fall into different splits; a name that has no home yet.
TORN, OPEN = -1, -1


@dataclass(frozen=True)
class Known:
    """What lists say of names, one flag for each tie.

    Attributes:
        listed: The split comes from an official list.
        kept: It comes from the kept list.
    """

    listed: Bools
    kept: Bools


@dataclass(frozen=True)
class Places:
    """Where videos are.

    Attributes:
        place: Number of the split of each video, or `TORN`.
        straddling: Source clips that lists put into several splits: numbers of ties.
        named: Place of each video by its names alone.
    """

    place: Ints
    straddling: Ints
    named: Ints


def places(found: Ties, side: Ints, known: Known, last: int, *, drop: bool) -> Places:
    """Give each video its place.

    Args:
        found: The ties of all videos.
        side: Split of each name, `OPEN` for one that any split suits, and for ties that are no names.
        known: Which names lists put where they are.
        last: Number of the split for videos of which no name has a home.
        drop: Whether a source clip that lists put into several splits stays in the most protected one alone.
    """
    videos = len(found.own)
    low, high = _range(found.row, side[found.tie], videos)
    named = np.where(high == OPEN, last, np.where(low == high, high, TORN))
    home = _homes(found, named, _without(found, ~known.kept))
    straddling = _straddling(found, named, _without(found, ~known.listed))
    if not drop:
        home[straddling] = OPEN
    entry = home[found.tie]
    torn = np.zeros(videos, dtype=bool)
    torn[found.row[(entry != OPEN) & (entry != named[found.row])]] = True
    return Places(np.where(torn, TORN, named), straddling, named)


def _range(group: Ints, value: Ints, size: int) -> tuple[Ints, Ints]:
    """Give the lowest and highest value of each group, open ones left out."""
    chosen = value != OPEN
    low, high = np.full(size, np.iinfo(np.int64).max), np.full(size, OPEN, dtype=np.int64)
    np.minimum.at(low, group[chosen], value[chosen])
    np.maximum.at(high, group[chosen], value[chosen])
    return low, high


def _without(found: Ties, names: Bools) -> Bools:
    """Tell which videos bear none of some names."""
    without = np.ones(len(found.own), dtype=bool)
    without[found.row[found.named() & names[found.tie]]] = False
    return without


def _homes(found: Ties, named: Ints, kept: Bools) -> Ints:
    """Give pairs, bytes and source clips a home: the most protected place of their videos, by names.

    A pair that is a video is at home where that video is. Videos of kept people decide before all others; which of
    those was there first, the list does not say.
    """
    asked = np.isin(found.kinds[found.tie], (PAIR, BYTES, SOURCE))
    home = np.full(len(found.names), OPEN, dtype=np.int64)
    for chosen in (named != TORN, (named != TORN) & kept):
        entries = asked & chosen[found.row]
        most = np.full(len(home), OPEN, dtype=np.int64)
        np.maximum.at(most, found.tie[entries], named[found.row[entries]])
        most[found.own[chosen]] = named[chosen]
        home = np.where(most != OPEN, most, home)
    return home


def _straddling(found: Ties, named: Ints, listed: Bools) -> Ints:
    """Find source clips of which lists put videos into different splits."""
    chosen = (found.kinds[found.tie] == SOURCE) & (listed & (named != TORN))[found.row]
    low, high = _range(found.tie[chosen], named[found.row[chosen]], len(found.names))
    return np.flatnonzero((high != OPEN) & (low != high))
