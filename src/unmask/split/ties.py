"""What ties videos together: identities, clusters, pairs and equal bytes, read as a graph.

A tie is something that may be in one split only, and every video bears several. Some ties are firm: videos that share a
cluster, a pair, their bytes or their only identity belong together for good, and what firm ties join is an **atom**.
The others are loose: a fake (or a scene with two people) bears identities that may be far apart, and it is lost when
they go to different splits. Atoms joined by such videos are a **component**.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]

# In this order the ties of a component are asked for its name.
KINDS = ("identity", "cluster", "pair", "bytes")


@dataclass(frozen=True)
class Graph:
    """Atoms and components of some videos; atoms and components are numbered by their first tie.

    Attributes:
        names: Name of each component: its first identity in the order of code points, or another tie if it has none.
        people: Number of identities in each component.
        atom_component: Component of each atom.
        bond_video: Row of the video of each bond; a video has one bond with each atom that it touches, sorted.
        bond_atom: Atom of each bond.
        video_component: Component of each video.
    """

    names: list[str]
    people: Ints
    atom_component: Ints
    bond_video: Ints
    bond_atom: Ints
    video_component: Ints


def ties(videos: pd.DataFrame) -> pd.DataFrame:
    """List every tie of every video.

    Args:
        videos: Rows of the table `videos`. Identities and clusters are names within their corpus; so is a pair,
            unless it is the key of a video. The bytes of unreadable videos tie nothing, for all empty files are equal.

    Returns:
        Columns `row` (position of the video), `kind` (position in `KINDS`) and `tie` (its name), without repetition.
    """
    place = pd.DataFrame({"row": np.arange(len(videos)), "corpus": videos["corpus"].to_numpy()})
    identities = place.assign(tie=videos["identities"].to_numpy()).explode("tie").dropna(subset="tie")
    pair = place.assign(tie=videos["pair"].to_numpy()).dropna(subset="tie")
    is_key = pair["tie"].isin(videos["video"])
    readable = (videos["status"] == "ok").to_numpy()
    content = place.assign(tie=videos["sha256"].to_numpy())[readable]
    parts = [
        _scoped(identities, ":"),
        _scoped(place.assign(tie=videos["cluster"].to_numpy()), "/"),
        pd.concat([place.assign(tie=videos["video"].to_numpy()), pair[is_key], _scoped(pair[~is_key], ":")]),
        _scoped(content[content.duplicated(["corpus", "tie"], keep=False)], ":"),
    ]
    table = pd.concat([part.assign(kind=kind) for kind, part in enumerate(parts)], ignore_index=True)
    return table[["row", "kind", "tie"]].drop_duplicates(ignore_index=True)


def graph(videos: pd.DataFrame) -> Graph:
    """Find atoms and components of some videos."""
    table = ties(videos)
    number, names = _number(table)
    row, identity = table["row"].to_numpy(), (table["kind"] == 0).to_numpy()
    alone = np.bincount(row[identity], minlength=len(videos))[row] == 1
    firm = ~identity | alone
    # A video's own key is a firm tie, so that every video has an atom of its own.
    joined = _components(row[firm], number[firm] + len(videos), len(videos) + len(names))
    _, atom = np.unique(joined, return_inverse=True)
    own, tied = atom[: len(videos)], atom[len(videos) :]
    _, first, atom_of_tie = np.unique(tied, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    atom_of_tie = rank[atom_of_tie]
    own = rank[np.searchsorted(np.unique(tied), own)]

    bonds = np.unique(
        np.concatenate([np.stack([np.arange(len(videos)), own], 1), np.stack([row, atom_of_tie[number]], 1)]), axis=0
    )
    component = _components(own[bonds[:, 0]], bonds[:, 1], len(first))
    of_tie = component[atom_of_tie]
    _, leader = np.unique(of_tie, return_index=True)
    people = np.bincount(of_tie[np.unique(number[identity])], minlength=len(leader))
    return Graph(
        names=[names[tie] for tie in leader],
        people=people.astype(np.int64),
        atom_component=component,
        bond_video=bonds[:, 0],
        bond_atom=bonds[:, 1],
        video_component=component[own],
    )


def _scoped(part: pd.DataFrame, sign: str) -> pd.DataFrame:
    part = part[part["tie"] != ""]
    return part.assign(tie=part["corpus"].astype(str) + sign + part["tie"].astype(str))


def _number(table: pd.DataFrame) -> tuple[Ints, list[str]]:
    """Number ties by kind and name, so that neither the order of rows nor other components change their order."""
    number = np.empty(len(table), dtype=np.int64)
    names: list[str] = []
    for kind in range(len(KINDS)):
        rows = (table["kind"] == kind).to_numpy()
        codes, found = pd.factorize(table.loc[rows, "tie"].astype(object), sort=True)
        number[rows] = codes + len(names)
        names += [str(name) for name in found]
    return number, names


def _components(left: Any, right: Any, size: int) -> Ints:
    """Give the connected component of each node; components are numbered by their first node."""
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, label = connected_components(links, directed=False)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    numbered: Ints = rank[inverse]
    return numbered
