"""The second opinion: everything that is found out about finished manifests, and what is said of it on the terminal."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from unmask.errors import ParamsError
from unmask.split.audit import UNDERSAMPLED, UNPAIRED, audit, read_members
from unmask.split.leaks import NAMED, source_key
from unmask.split.looks import Looks, look
from unmask.split.near import ALIKE, near
from unmask.split.params import Params
from unmask.split.probe import probe

# Up to which share of their bits hashes may differ and be near.
CLOSE = 0.25
RED, PLAIN = "\N{ESCAPE}[31m", "\N{ESCAPE}[0m"


def examine(
    manifests: Mapping[str, Path], videos: pd.DataFrame, why: Mapping[str, str], crops: Path, params: Params
) -> dict[str, Any]:
    """Audit the manifests, look for near-duplicates and shortcuts, and warn of what was found.

    Args:
        manifests: The file of each split.
        videos: All videos, as `sources.read_videos` gives them.
        why: Reason for each video that is in no manifest, by key.
        crops: Holds `<corpus>/crops.parquet`.
        params: The section `split`.

    Returns:
        Plain values, ready for JSON.

    Raises:
        LeakError: Something stands in two splits, or a video is not accounted for.
        ParamsError: `split.near` is no use with the hashes that crops have.
    """
    members = {name: read_members(path) for name, path in manifests.items()}
    found = audit(members, videos, why, report_straddling=params.straddling == "report")
    place = pd.concat([part.assign(place=name) for name, part in members.items()]).set_index("video")["place"]
    reason = videos["video"].map(why)
    used = videos[reason.isna() | reason.isin([UNDERSAMPLED, UNPAIRED])].sort_values("video", ignore_index=True)
    used["place"] = used["video"].map(place)
    looks = look(used, crops)
    found["near"] = _near(used, looks, params)
    found["probe"] = probe(used.join(looks.means), params.seed, params.shortcut)
    _tell(found, params)
    return found


def _near(videos: pd.DataFrame, looks: Looks, params: Params) -> dict[str, Any]:
    """Count pairs of near-duplicates; no number where none was looked for."""
    if params.near == 0:
        return {"bits": 0, "pairs": None, "first": []}
    length = looks.hashes.shape[1] * 8
    if len(looks.hashes) and params.near > CLOSE * length:
        raise ParamsError(
            f"params.yaml: `split.near` is {params.near}, but crops have hashes of {length} bits; with more than "
            f"{CLOSE * length:g} of them different people look the same."
        )
    # A borrowed real has the lender's crops: once is enough.
    once = ~videos.assign(file=source_key(videos)).duplicated(["file", "place"])
    mask = (once & videos["place"].notna()).to_numpy()[looks.owner]
    pairs = near(videos, looks.owner[mask], looks.hashes[mask], params.near, params.seed)
    # Nearest first.
    pairs = pairs.sort_values(["closest", "first", "second"], ignore_index=True)
    lines = [
        f"{row.first} in {row.first_place} and {row.second} in {row.second_place}: "
        f"{row.crops} of {row.of} crops alike, the nearest differs in {row.closest} bits"
        for row in pairs.head(NAMED).itertuples()
    ]
    return {"bits": params.near, "pairs": len(pairs), "first": lines}


def _tell(found: Mapping[str, Any], params: Params) -> None:
    near_, straddling = found["near"], found["straddling"]
    if near_["pairs"]:
        _warn(
            f"{near_['pairs']} pairs of videos in two splits look like copies ({ALIKE} crops or more differ in at most "
            f"{params.near} bits, `split.near`); look at them, and drop one of each or name a common identity:",
            near_["first"],
            near_["pairs"],
        )
    if straddling["sources"]:
        _warn(
            f"{straddling['sources']} sources stand in two splits, because the official lists put them there; "
            "`split.straddling: drop` leaves the less protected videos out:",
            straddling["first"],
            straddling["sources"],
        )
    for corpus, probed in found["probe"].items():
        if probed["warns"]:
            _warn(_shortcut(corpus, probed, params), red=True)


def _shortcut(corpus: str, probed: Mapping[str, Any], params: Params) -> str:
    alone = ", ".join(f"{name} {probed['columns'][name]:.2f}" for name in probed["carried_by"])
    carried = f"carried by {alone}" if alone else "no column carries it alone"
    advice = (
        "give reals and fakes the same length, rate, size and encoder, or a detector learns the file and not the face"
        if probed["file"] > params.shortcut
        else "it lies in the faces' score, size, pose or sharpness, maybe the forgery itself; look before you trust"
    )
    return (
        f"{corpus}: metadata alone tells fake from real with AUC {probed['all']:.2f} (columns of the file "
        f"{probed['file']:.2f}, of the face {probed['face']:.2f}; `split.shortcut` is {params.shortcut:g}), {carried}; "
        f"{advice}."
    )


def _warn(text: str, lines: list[str] | None = None, count: int = 0, *, red: bool = False) -> None:
    """Say something on stderr, in red only if a person sits there."""
    more = [f"and {count - len(lines)} more"] if lines and count > len(lines) else []
    text = "\n    ".join([f"warning: {text}", *(lines or []), *more])
    sys.stderr.write(f"{RED}{text}{PLAIN}\n" if red and sys.stderr.isatty() else f"{text}\n")
