"""The tables that split reads: those of the corpora in params.yaml, and a warning for any other that lies about."""

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pandas as pd

from unmask.errors import DataError, ParamsError, warn
from unmask.index.tables import VIDEOS
from unmask.params import FILE, placed
from unmask.split.borrow import borrow, warn_of_missing_reals
from unmask.split.params import Names, Params
from unmask.split.tables import SPLITS

COLUMNS = [
    "video", "corpus", "label", "method", "kind", "identities", "cluster", "pair", "split", "sources", "sha256",
    "status", "width", "height", "fps", "frames", "seconds", "codec", "bit_rate",
]  # fmt: skip


def check_names(corpora: Collection[str], params: Params, methods: Collection[str] | None = None) -> None:
    """Check that what the section `split` names is there, and that something trains and validates.

    Args:
        corpora: Corpora that are read.
        params: The section.
        methods: Methods, bare and as `<corpus>/<method>`; None if they are not known yet.

    Raises:
        ParamsError: A corpus or method is unknown, or is named and left out at once; one line for each mistake.
    """
    said = [
        *_mistakes("train_on", params.train_on, corpora, params.leave_out),
        *_mistakes("validate_on", params.validate_on, corpora, params.leave_out),
        *(text for name in params.leave_out if (text := _unknown(name, corpora, methods))),
    ]
    if said:
        raise ParamsError("\n".join(str(placed(FILE, text)) for text in said))


def chosen(names: Names, corpora: Collection[str], params: Params) -> list[str]:
    """Give the corpora that a key of the section means.

    Args:
        names: What the key says, `train_on` or `validate_on`.
        corpora: What `all` stands for.
        params: The section, which may leave corpora out.
    """
    return [name for name in (corpora if names == "all" else names) if name not in params.leave_out]


def _mistakes(key: str, names: Names, corpora: Collection[str], leave_out: Collection[str]) -> Iterator[str]:
    named = set(corpora if names == "all" else names)
    for name in sorted(named - set(corpora)):
        yield f"`split.{key}` names `{name}`, but `corpora` has only {', '.join(sorted(corpora))}."
    if names != "all" and (both := sorted(named & set(leave_out))):
        yield f"`split.{key}` names `{both[0]}`, but `split.leave_out` does too."
    elif not named - set(leave_out):
        yield f"`split.leave_out` leaves no corpus to `split.{key}`."


def _unknown(name: str, corpora: Collection[str], methods: Collection[str] | None) -> str:
    """Say what is wrong with a name in `leave_out`, if anything."""
    corpus, slash, _ = name.partition("/")
    there = ", ".join(sorted(corpora))
    if name in corpora:
        return ""
    if slash and corpus not in corpora:
        return f"`split.leave_out` names `{name}`, but `corpora` has only {there}."
    if methods is None or any(leaves_out(name, *m.split("/", 1)) for m in methods if "/" in m):
        return ""
    known = sorted(m for m in methods if (m.startswith(f"{corpus}/") if slash else "/" not in m))
    return (
        f"`split.leave_out` names `{name}`, which is neither a corpus nor a method; the corpora are {there}; "
        f"the methods {', '.join(known) or 'have no names'}."
    )


def leaves_out(name: str, corpus: str, method: str) -> bool:
    """Tell whether a name in `leave_out` means a method of a corpus.

    Corpora spell methods differently, and FakeAVCeleb chains them; so case does not count, nor what else was done.

    Example:
        >>> leaves_out("FSGAN", "fakeavceleb", "fsgan-wav2lip"), leaves_out("df40/fsgan", "fakeavceleb", "fsgan")
        (True, False)
    """
    before, slash, rest = name.partition("/")
    whole = method.casefold()
    wanted = (rest if slash else name).casefold()
    return (not slash or before == corpus) and wanted in {whole, *re.split(r"[+-]", whole)}


def methods_of(videos: pd.DataFrame) -> set[str]:
    """Name all methods, bare and as `<corpus>/<method>`."""
    named = videos.loc[(videos["method"] != "") & (videos["label"] == 1), ["corpus", "method"]].drop_duplicates()
    return {*named["method"], *(named["corpus"] + "/" + named["method"])}


def warn_of_strays(folders: Sequence[Path], corpora: Sequence[str]) -> None:
    """Say on stderr which folders belong to no corpus of params.yaml; DVC leaves them when a corpus is removed."""
    for folder in folders:
        for path in sorted(folder.iterdir() if folder.is_dir() else []):
            if path.is_dir() and path.name not in corpora:
                warn(
                    f"{path} is left out, because `corpora` in params.yaml does not name `{path.name}`; remove it "
                    f"with `rm -r {path}`."
                )


def read_videos(folder: Path, corpora: Sequence[str]) -> pd.DataFrame:
    """Read the videos of some corpora.

    Args:
        folder: Holds `<corpus>/videos.parquet`.
        corpora: Names.

    Returns:
        One row per video, sorted by key, borrowed ones included; the columns that split needs, and `lender`: the key
        of the video whose crops a borrowed one has, otherwise empty.

    Raises:
        DataError: A corpus is empty, or a table speaks of another corpus or of an unknown split.
    """
    videos = pd.concat([_read_corpus(folder / name, name) for name in sorted(corpora)], ignore_index=True)
    warn_of_missing_reals(videos, corpora)
    return borrow(videos).sort_values("video", ignore_index=True)


def _read_corpus(folder: Path, name: str) -> pd.DataFrame:
    videos: pd.DataFrame = VIDEOS.read(folder, COLUMNS).to_pandas()
    if videos.empty:
        raise DataError(f"{folder} has no video; look whether data/00_raw/{name} is the right folder.")
    if others := sorted(set(videos["corpus"]) - {name}):
        raise DataError(f"{folder} holds videos of {', '.join(others)} instead of {name}; run its step `index` again.")
    if odd := sorted(set(videos["split"].dropna()) - set(SPLITS)):
        raise DataError(f"{folder} has an official split `{odd[0]}`; allowed are {', '.join(SPLITS)}.")
    return videos
