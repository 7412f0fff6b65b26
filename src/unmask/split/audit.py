"""The audit: what stands in which split, and whether anything stands in two.

It is a second opinion: it starts from the finished manifests and the tables of videos, and shares no code with the
dealing.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unmask.errors import LeakError
from unmask.split.tables import MANIFEST, SPLITS

LABELS = {0: "real", 1: "fake"}
# Reasons for which a video of train has no row, though it belongs there.
NO_FACE, UNDERSAMPLED = "no_face", "undersampled"
# How many offenders and left-out videos are named.
NAMED = 5


def read_members(manifest: Path) -> pd.DataFrame:
    """Read one manifest as one row per video: `video`, `corpus`, `label`, `method` and its number of `crops`."""
    table = MANIFEST.read(manifest, ["video", "corpus", "label", "method", "face"])
    table = table.append_column("crops", pc.cast(pc.greater_equal(table["face"], 0), pa.int64()))
    table = table.group_by(["video", "corpus", "label", "method"]).aggregate([("crops", "sum")])
    members: pd.DataFrame = table.rename_columns({"crops_sum": "crops"}).to_pandas()
    return members


def audit(members: Mapping[str, pd.DataFrame], videos: pd.DataFrame, why: Mapping[str, str]) -> dict[str, Any]:
    """Count everything and look for leaks.

    Args:
        members: The videos of each split, as `read_members` gives them.
        videos: All videos.
        why: Reason for each video that is in no manifest, by key.

    Returns:
        Plain values, ready for JSON.

    Raises:
        LeakError: A video, identity, pair, cluster or content stands in two splits, or a video is not accounted for.
    """
    placed = pd.concat([members[name].assign(place=name) for name in SPLITS], ignore_index=True)
    found = overlaps(placed, videos)
    if leaking := {kind: lines for kind, lines in found.items() if lines}:
        raise LeakError("The splits leak:\n" + "\n".join(_tell(leaking)))
    _check_complete(placed, videos, why)
    known = videos.merge(placed[["video", "place", "crops"]], on="video", how="left")
    known["why"] = known["video"].map(why)
    return {
        "splits": {name: _split(known[known["place"] == name]) for name in SPLITS},
        "corpora": {str(name): _corpus(part) for name, part in known.groupby("corpus", sort=True)},
        "left_out": {
            str(reason): {"videos": len(part), "first": sorted(part["video"])[:NAMED]}
            for reason, part in known.dropna(subset="why").groupby("why", sort=True)
        },
        "overlap": {kind: len(lines) for kind, lines in found.items()},
    }


def overlaps(placed: pd.DataFrame, videos: pd.DataFrame) -> dict[str, list[str]]:
    """Find what stands in more than one split.

    Args:
        placed: Columns `video` and `place`, the name of its split.
        videos: All videos; those that are in no split do not matter.

    Returns:
        For each kind of leak the offenders, sorted, each with an example from two splits.
    """
    known = videos.merge(placed[["video", "place"]], on="video")
    # The real video that a fake was made from bears the pair's name too, in whichever split it is.
    own = known.assign(pair=known["video"])
    pairs = pd.concat([known.dropna(subset="pair"), own[own["video"].isin(known["pair"])]])
    is_video = pairs["pair"].isin(videos["video"])
    people = known.explode("identities").dropna(subset="identities")
    readable = known[known["status"] == "ok"]
    return {
        "videos": _crossing(known, known["video"]),
        "identities": _crossing(people, people["corpus"] + ":" + people["identities"]),
        "pairs": _crossing(pairs, pairs["pair"].where(is_video, pairs["corpus"] + ":" + pairs["pair"])),
        "clusters": _crossing(known, known["corpus"] + "/" + known["cluster"]),
        # Across corpora too: a copy is a copy wherever it lies.
        "bytes": _crossing(readable, readable["sha256"]),
    }


def _crossing(known: pd.DataFrame, thing: pd.Series) -> list[str]:
    table = pd.DataFrame({"thing": thing.to_numpy(), "place": known["place"], "video": known["video"]})
    table = table[table["thing"] != ""]
    places = table.drop_duplicates(["thing", "place"]).groupby("thing")["place"].size()
    bad = table[table["thing"].isin(places.index[places > 1])].sort_values("video")
    examples = bad.drop_duplicates(["thing", "place"]).groupby("thing", sort=True)
    return [
        f"{name}: " + ", ".join(f"{row.video} in {row.place}" for row in part.itertuples()) for name, part in examples
    ]


def _tell(leaking: Mapping[str, list[str]]) -> list[str]:
    lines = []
    for kind, offenders in leaking.items():
        more = f" (and {len(offenders) - NAMED} more)" if len(offenders) > NAMED else ""
        lines += [f"  {kind} in two splits, {len(offenders)}{more}:", *(f"    {line}" for line in offenders[:NAMED])]
    if "bytes" in leaking:
        lines.append("  Copies in two corpora: remove one of the two files, or let both corpora only test.")
    return lines


def _check_complete(placed: pd.DataFrame, videos: pd.DataFrame, why: Mapping[str, str]) -> None:
    inside, outside, everything = set(placed["video"]), set(why), set(videos["video"])
    odd = sorted((inside & outside) | ((inside | outside) ^ everything))
    if odd:
        raise LeakError(f"{len(odd)} videos are not accounted for, or are both left out and in a split: {odd[:NAMED]}.")


def _split(known: pd.DataFrame) -> dict[str, int]:
    people = known.explode("identities").dropna(subset="identities")
    return {
        "videos": len(known),
        "crops": int(known["crops"].sum()),
        "identities": len(people.drop_duplicates(["corpus", "identities"])),
        **_labels(known),
    }


def _corpus(known: pd.DataFrame) -> dict[str, Any]:
    placed = known.dropna(subset="place")
    # Videos of train may have no row; they still count in coverage.
    seen = known[known["place"].notna() | known["why"].isin([NO_FACE, UNDERSAMPLED])]
    faceless = seen[(seen["crops"] == 0) | (seen["why"] == NO_FACE)]
    official = placed[placed["split"].notna()]
    return {
        "splits": {name: _part(placed[placed["place"] == name]) for name in SPLITS if name in set(placed["place"])},
        "left_out": {str(reason): int(count) for reason, count in known["why"].value_counts().sort_index().items()},
        "not_as_listed": int((official["split"] != official["place"]).sum()),
        "coverage": {
            name: {"videos": count, "no_face": _labels(faceless)[name]} for name, count in _labels(seen).items()
        },
    }


def _part(known: pd.DataFrame) -> dict[str, Any]:
    methods = known[known["label"] == 1].groupby("method", sort=True).size()
    named = {str(method) or "unnamed": int(count) for method, count in methods.items()}
    return {**_labels(known), "crops": int(known["crops"].sum()), "methods": named}


def _labels(known: pd.DataFrame) -> dict[str, int]:
    return {name: int((known["label"] == label).sum()) for label, name in LABELS.items()}
