"""Leaks: what stands in two splits, found anew from the finished manifests and the table of videos.

It shares no code with the dealing, so that a mistake there is not repeated here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

# How many offenders are named.
NAMED = 5


@dataclass(frozen=True)
class Leaks:
    """What stands in more than one split.

    Attributes:
        found: For each kind of thing a line per offender, sorted, with an example from each split.
        straddling: The same for sources that the official lists themselves put into two splits, where that is allowed.
        reported: Whether it is allowed.
    """

    found: Mapping[str, list[str]]
    straddling: list[str]
    reported: bool

    def tell(self) -> str:
        """Say in a few lines what leaks; empty if nothing does."""
        lines = []
        for kind, offenders in self.found.items():
            if offenders:
                more = f" (and {len(offenders) - NAMED} more)" if len(offenders) > NAMED else ""
                lines.append(f"  {kind} in two splits, {len(offenders)}{more}:")
                lines += [f"    {line}" for line in offenders[:NAMED]]
        if self.found["sources"] and self.reported:
            lines.append("  Sources: `split.straddling: drop` in params.yaml leaves the less protected videos out.")
        if self.found["bytes"]:
            lines.append("  Copies in two corpora: remove one of the two files, or let both corpora only test.")
        return "\n".join(lines)


def leaks(placed: pd.DataFrame, videos: pd.DataFrame, *, report_straddling: bool) -> Leaks:
    """Find what stands in more than one split.

    Names are global, so nothing is looked for within a corpus only: a person or a copy is the same wherever it lies.

    Args:
        placed: Columns `video` and `place`, the name of its split.
        videos: All videos, with the column `lender` as `borrow` gives it; those that are in no split do not matter.
        report_straddling: Whether a source that stands in two splits because the official lists say so is no leak.

    Returns:
        Every offender.
    """
    known = videos.merge(placed[["video", "place"]], on="video")
    known["file"] = source_key(known)
    original = known.set_index("video")["file"].to_dict()
    known["pair"] = known["pair"].map(lambda name: original.get(name, name), na_action="ignore")
    # The real video that a fake was made from bears the pair's name too, in whichever split it is.
    pairs = pd.concat([known.dropna(subset="pair"), known.assign(pair=known["file"])])
    things = {
        "videos": _crossing(known, "file"),
        "identities": _crossing(known.explode("identities"), "identities"),
        "pairs": _crossing(pairs[pairs["pair"].isin(known["pair"])], "pair"),
        "clusters": _crossing(known, "cluster"),
        "sources": _crossing(known.explode("sources"), "sources"),
        # The hash of a file that cannot be read says nothing: all empty files are equal.
        "bytes": _crossing(known[known["status"] == "ok"], "sha256"),
    }
    torn = _torn_by_lists(things["sources"], videos) if report_straddling else set()
    straddling = things["sources"]["thing"].isin(torn)
    named = _lines(things["sources"][straddling])
    things["sources"] = things["sources"][~straddling]
    return Leaks({kind: _lines(table) for kind, table in things.items()}, named, report_straddling)


def source_key(videos: pd.DataFrame) -> pd.Series:
    """Give the key under which each video was cropped: its own, or that of the original if it is borrowed."""
    return videos["video"].where(videos["lender"] == "", videos["lender"]).astype(object)


def _crossing(known: pd.DataFrame, column: str) -> pd.DataFrame:
    """Give the rows whose thing stands in more than one split."""
    table = known[["place", "video"]].assign(thing=known[column]).dropna(subset="thing")
    table = table[table["thing"] != ""]
    places = table.groupby("thing")["place"].nunique()
    return table[table["thing"].isin(places.index[places > 1])]


def _torn_by_lists(crossing: pd.DataFrame, videos: pd.DataFrame) -> set[str]:
    """Name the things of which each split they stand in has a video that an official list puts there.

    A list puts a video where it says so of a name that the video bears, be the list that of another corpus.
    """
    borne = _names(videos)
    says = borne.merge(videos.loc[videos["split"].notna(), ["video", "split"]], on="video")[["name", "split"]]
    mine = borne[borne["video"].isin(crossing["video"])].merge(says.drop_duplicates(), on="name")
    by_list = mine[["video", "split"]].drop_duplicates().rename(columns={"split": "place"})
    official = crossing.merge(by_list, on=["video", "place"])
    everywhere = crossing.groupby("thing")["place"].nunique()
    count = official.groupby("thing")["place"].nunique().reindex(everywhere.index, fill_value=0)
    return set(everywhere.index[count == everywhere])


def _names(videos: pd.DataFrame) -> pd.DataFrame:
    """List the people and the cluster of each video: columns `video` and `name`."""
    people = videos[["video", "identities"]].explode("identities").rename(columns={"identities": "name"})
    borne = pd.concat([people, videos[["video", "cluster"]].rename(columns={"cluster": "name"})], ignore_index=True)
    return borne[borne["name"].notna() & (borne["name"] != "")].astype(object).drop_duplicates()


def _lines(table: pd.DataFrame) -> list[str]:
    examples = table.sort_values("video").drop_duplicates(["thing", "place"]).groupby("thing", sort=True)
    return [
        f"{name}: " + ", ".join(f"{row.video} in {row.place}" for row in part.itertuples()) for name, part in examples
    ]
