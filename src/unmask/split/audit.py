"""The audit: what stands in which split, why the rest is left out, and whether anything stands in two."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from unmask.errors import LeakError
from unmask.split.leaks import NAMED, leaks
from unmask.split.tables import MANIFEST, SPLITS

LABELS = {0: "real", 1: "fake"}
# Reasons for which a video of train has no row, though it belongs there.
NO_FACE, UNDERSAMPLED, UNPAIRED = "no_face", "undersampled", "unpaired"


def read_members(manifest: Path) -> pd.DataFrame:
    """Read one manifest as one row per video: `video` and its number of `crops`."""
    parts = []
    for piece in MANIFEST.pieces(manifest, ["video", "face"]):
        crop = pc.cast(pc.greater_equal(piece["face"], 0), pa.int64())
        parts.append(piece.append_column("crops", crop).group_by("video").aggregate([("crops", "sum")]))
    if not parts:
        return pd.DataFrame({"video": pd.Series(dtype=object), "crops": pd.Series(dtype="int64")})
    # A video may lie on both sides of a border between two pieces.
    table = pa.concat_tables(parts).group_by("video").aggregate([("crops_sum", "sum")])
    members: pd.DataFrame = table.rename_columns({"crops_sum_sum": "crops"}).to_pandas()
    return members


def audit(
    members: Mapping[str, pd.DataFrame], videos: pd.DataFrame, why: Mapping[str, str], *, report_straddling: bool
) -> dict[str, Any]:
    """Count everything and look for leaks.

    Args:
        members: The videos of each split, as `read_members` gives them.
        videos: All videos, with the column `lender` as `borrow` gives it.
        why: Reason for each video that is in no manifest, by key.
        report_straddling: Whether sources that official lists themselves put into two splits are only counted.

    Returns:
        Plain values, ready for JSON.

    Raises:
        LeakError: A video, identity, pair, cluster, source or content stands in two splits, or a video is not
            accounted for.
    """
    placed = pd.concat([members[name].assign(place=name) for name in SPLITS], ignore_index=True)
    found = leaks(placed, videos, report_straddling=report_straddling)
    if told := found.tell():
        raise LeakError(f"The splits leak:\n{told}")
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
        "overlap": {kind: len(lines) for kind, lines in found.found.items()},
        "straddling": {"sources": len(found.straddling), "first": found.straddling[:NAMED]},
    }


def _check_complete(placed: pd.DataFrame, videos: pd.DataFrame, why: Mapping[str, str]) -> None:
    inside, outside, everything = set(placed["video"]), set(why), set(videos["video"])
    odd = sorted((inside & outside) | ((inside | outside) ^ everything))
    if odd:
        raise LeakError(f"{len(odd)} videos are not accounted for, or are both left out and in a split: {odd[:NAMED]}.")


def _split(known: pd.DataFrame) -> dict[str, int]:
    return {
        "videos": len(known),
        "crops": int(known["crops"].sum()),
        "identities": int(known["identities"].explode().nunique()),
        **_labels(known),
    }


def _corpus(known: pd.DataFrame) -> dict[str, Any]:
    placed = known.dropna(subset="place")
    # Videos of train may have no row; they still count in coverage.
    seen = known[known["place"].notna() | known["why"].isin([NO_FACE, UNDERSAMPLED, UNPAIRED])]
    faceless = seen[(seen["crops"] == 0) | (seen["why"] == NO_FACE)]
    official = placed[placed["split"].notna()]
    lenders = placed.loc[placed["lender"] != "", "lender"].astype(object).str.split("/").str[0]
    return {
        "splits": {name: _part(placed[placed["place"] == name]) for name in SPLITS if name in set(placed["place"])},
        "left_out": {str(reason): int(count) for reason, count in known["why"].value_counts().sort_index().items()},
        "borrowed": {str(lender): int(count) for lender, count in lenders.value_counts().sort_index().items()},
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
