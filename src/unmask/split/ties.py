"""What ties videos together: people, clusters, pairs, source clips and equal bytes, read as a graph.

A tie is something that may be in one split only, and every video bears several. Some ties are firm: videos that share a
cluster, a pair, their bytes, their only identity or their only source belong together for good, and what firm ties join
is an **atom**. The others are loose: a fake (or a scene with two people) bears identities that may be far apart, and it
is lost when they go to different splits. Atoms joined by such videos are a **component**.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# In this order the ties of a component are asked for its name. A cluster that is an identity too is that identity.
# `bytes` are equal within a corpus; `copy` joins across corpora, for dealing alone.
KINDS = ("identity", "cluster", "pair", "bytes", "source", "copy")
IDENTITY, CLUSTER, PAIR, BYTES, SOURCE, COPY = range(len(KINDS))


@dataclass(frozen=True)
class Ties:
    """Which ties each video bears; ties are numbered by kind and name, whatever the order of videos.

    Attributes:
        row: Position of the video of each entry; no video bears a tie twice.
        tie: Number of the tie of each entry.
        firm: Whether the entry is firm.
        own: For each video, the number of the tie that is its own key.
        names: Name of each tie.
        kinds: Kind of each tie.
    """

    row: Ints
    tie: Ints
    firm: Bools
    own: Ints
    names: npt.NDArray[np.object_]
    kinds: Ints

    def named(self) -> Bools:
        """Tell which entries are people or clusters; every video bears one at least."""
        return self.kinds[self.tie] <= CLUSTER

    def of(self, chosen: Bools) -> "Ties":
        """Give the ties of some videos alone, both numbered anew in the same order."""
        inside = chosen[self.row]
        number, tie = np.unique(self.tie[inside], return_inverse=True)
        row = np.cumsum(chosen) - 1
        return Ties(
            row=row[self.row[inside]],
            tie=tie.astype(np.int64),
            firm=self.firm[inside],
            own=np.searchsorted(number, self.own[chosen]),
            names=self.names[number],
            kinds=self.kinds[number],
        )


@dataclass(frozen=True)
class Graph:
    """Atoms and components of some videos; atoms and components are numbered by their first tie.

    Attributes:
        names: Name of each component: its first identity in the order of code points, or another tie if it has none.
        people: Number of identities in each component.
        atom_component: Component of each atom.
        atom_of_tie: Atom of each tie.
        bond_video: Row of the video of each bond; a video has one bond with each atom that it touches, sorted.
        bond_atom: Atom of each bond.
        video_component: Component of each video.
    """

    names: list[str]
    people: Ints
    atom_component: Ints
    atom_of_tie: Ints
    bond_video: Ints
    bond_atom: Ints
    video_component: Ints


def ties(videos: pd.DataFrame) -> Ties:
    """List every tie of every video.

    Args:
        videos: Rows of the table `videos`. The bytes of unreadable videos tie nothing, for all empty files are equal.
    """
    key = videos["video"].to_numpy(dtype=object)
    row = np.arange(len(videos))
    people, identity = _lists(videos["identities"])
    clip, source = _lists(videos["sources"])
    # A video of which nobody is known is a cluster of its own.
    cluster = videos["cluster"].to_numpy(dtype=object)
    cluster = np.where(cluster == "", videos["corpus"].to_numpy(dtype=object) + ":" + key, cluster)
    has_pair = videos["pair"].fillna("").ne("").to_numpy(dtype=bool)
    within, across, content = _equal_bytes(videos)
    parts = [
        (IDENTITY, people, identity, np.bincount(people, minlength=len(videos))[people] == 1),
        (CLUSTER, row, cluster, None),
        (PAIR, row, key, None),
        (PAIR, row[has_pair], videos["pair"].to_numpy(dtype=object)[has_pair], None),
        (BYTES, within, videos["corpus"].to_numpy(dtype=object)[within] + ":" + content[within], None),
        (SOURCE, clip, source, np.bincount(clip, minlength=len(videos))[clip] == 1),
        (COPY, across, content[across], None),
    ]
    return _gather(parts, len(videos))


def graph(videos: pd.DataFrame) -> Graph:
    """Find atoms and components of some videos."""
    return connect(ties(videos))


def connect(found: Ties) -> Graph:
    """Find atoms and components of videos with these ties."""
    firm = found.firm
    # A video's own key is a firm tie, so that every video has an atom of its own.
    atom = components(found.tie[firm], found.own[found.row[firm]], len(found.names))
    size = int(atom.max(initial=-1)) + 1
    bonds = np.unique(found.row * size + atom[found.tie])
    bond_video, bond_atom = np.divmod(bonds, max(size, 1))
    own = atom[found.own]
    component = components(own[bond_video], bond_atom, size)
    of_tie = component[atom]
    _, leader = np.unique(of_tie, return_index=True)
    people = np.bincount(of_tie[found.kinds == IDENTITY], minlength=len(leader))
    return Graph(
        names=[str(name) for name in found.names[leader]],
        people=people.astype(np.int64),
        atom_component=component,
        atom_of_tie=atom,
        bond_video=bond_video,
        bond_atom=bond_atom,
        video_component=component[own],
    )


def _lists(column: pd.Series) -> tuple[Ints, npt.NDArray[np.object_]]:
    """Give the row and the value of each entry of a column of lists."""
    lists = column.to_numpy(dtype=object)
    row = np.repeat(np.arange(len(lists)), [len(values) for values in lists])
    values = np.concatenate([np.empty(0, dtype=object), *lists]) if len(lists) else np.empty(0, dtype=object)
    full = values != ""
    return row[full], values[full].astype(object)


def _equal_bytes(videos: pd.DataFrame) -> tuple[Ints, Ints, npt.NDArray[np.object_]]:
    """Give the rows whose bytes occur again in their corpus, those whose bytes occur again at all, and all hashes."""
    readable = (videos["status"] == "ok").to_numpy()
    known = videos.loc[readable, ["corpus", "sha256"]]
    rows = np.flatnonzero(readable)
    within = known.duplicated(keep=False).to_numpy()
    across = known["sha256"].duplicated(keep=False).to_numpy()
    return rows[within], rows[across], videos["sha256"].to_numpy(dtype=object)


def _gather(parts: list[tuple[int, Ints, npt.NDArray[np.object_], Bools | None]], videos: int) -> Ties:
    """Number ties by kind and name, so that neither the order of rows nor other components change their order."""
    names: list[npt.NDArray[np.object_]] = []
    entries, kinds, size = [], [], 0
    for together in ((IDENTITY, CLUSTER), (PAIR,), (BYTES,), (SOURCE,), (COPY,)):
        chosen = [part for part in parts if part[0] in together]
        code, found = pd.factorize(np.concatenate([part[2] for part in chosen]), sort=True)
        kind = np.full(len(found), together[0], dtype=np.int64)
        if len(together) > 1:
            code, found, kind = _people_first(code, found, len(chosen[0][1]))
        row = np.concatenate([part[1] for part in chosen])
        firm = np.concatenate([np.ones(len(part[1]), dtype=bool) if part[3] is None else part[3] for part in chosen])
        entries.append(np.stack([row, code + size, firm], axis=1))
        names.append(found)
        kinds.append(kind)
        size += len(found)
    table = pd.DataFrame(np.concatenate(entries), columns=["row", "tie", "firm"])
    # The firm one of two equal entries stays.
    table = table.sort_values(["row", "tie", "firm"]).drop_duplicates(["row", "tie"], keep="last")
    return Ties(
        row=table["row"].to_numpy(),
        tie=table["tie"].to_numpy(),
        firm=table["firm"].to_numpy().astype(bool),
        own=entries[1][:videos, 1],
        names=np.concatenate(names),
        kinds=np.concatenate(kinds),
    )


def _people_first(code: Ints, names: Any, people: int) -> tuple[Ints, Any, Ints]:
    """Number identities before clusters that are none; the first entries are those of identities."""
    kind = np.full(len(names), CLUSTER, dtype=np.int64)
    kind[code[:people]] = IDENTITY
    order = np.argsort(kind, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[code], names[order], kind[order]


def components(left: Any, right: Any, size: int) -> Ints:
    """Give the connected component of each node; components are numbered by their first node."""
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, label = connected_components(links, directed=False)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Ints = rank[inverse]
    return numbered
