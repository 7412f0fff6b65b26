"""FaceForensics++: 1,000 videos from YouTube and their forgeries (https://github.com/ondyari/FaceForensics)."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import Literal

from unmask.errors import LayoutError, few
from unmask.index.entry import FAKE, REAL, Entry, key, videos_below, warn
from unmask.index.layout import Layout

METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures", "FaceShifter")
# Parts of the data set with other names and rules.
OTHER_PARTS = ("DeepFakeDetection",)
SPLITS = ("train", "val", "test")
REAL_NAME = re.compile(r"(\d{3})\.mp4")
FAKE_NAME = re.compile(r"(\d{3})_(\d{3})\.mp4")


class Options(Layout):
    """Which copy of the videos is read.

    Attributes:
        compression: `raw`, or H.264 with quantiser 23 or 40.
    """

    layout: Literal["faceforensics"]
    compression: Literal["raw", "c23", "c40"]


def read(root: Path, corpus: str, options: Options) -> list[Entry]:
    """Name the original videos and their forgeries, with the official splits where `splits/` is there.

    Raises:
        LayoutError: A video, a method or a list of splits is not in the official form.
    """
    split_of = _splits(root)
    real_folder = f"original_sequences/youtube/{options.compression}/videos"
    entries = []
    for path in videos_below(root, real_folder):
        (target,) = _ids(root, path, REAL_NAME, "<NNN>.mp4")
        entries.append(_entry(path, "", options.compression, (target,), None, split_of))
    for method in _methods(root):
        for path in videos_below(root, f"manipulated_sequences/{method}/{options.compression}/videos"):
            ids = _ids(root, path, FAKE_NAME, "<target>_<source>.mp4")
            pair = key(corpus, f"{real_folder}/{ids[0]}.mp4")
            entries.append(_entry(path, method, options.compression, ids, pair, split_of))
    _check_found(root, options.compression, entries, split_of)
    return entries


def _entry(
    path: str, method: str, compression: str, ids: tuple[str, ...], pair: str | None, split_of: dict[str, str]
) -> Entry:
    splits = {split_of.get(identity) for identity in ids}
    return Entry(
        path=path,
        label=FAKE if method else REAL,
        method=method,
        compression=compression,
        identities=ids,
        cluster=ids[0],
        pair=pair,
        split=splits.pop() if len(splits) == 1 else None,
    )


def _ids(root: Path, path: str, pattern: re.Pattern[str], form: str) -> tuple[str, ...]:
    match = pattern.fullmatch(path.rpartition("/")[2])
    if match is None:
        raise LayoutError(f"{root / path}: videos in this folder are named {form}.")
    return match.groups()


def _methods(root: Path) -> list[str]:
    folder = root / "manipulated_sequences"
    found = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".") if folder.is_dir() else []
    for name in found:
        if name in OTHER_PARTS:
            warn(f"{folder / name} is not read: this layout knows {', '.join(METHODS)}.")
        elif name not in METHODS:
            raise LayoutError(f"{folder / name} is not a method of FaceForensics++; those are {', '.join(METHODS)}.")
    return [name for name in METHODS if name in found]


def _splits(root: Path) -> dict[str, str]:
    """Read the official splits: pairs of ids that were swapped with each other."""
    folder = root / "splits"
    if not folder.is_dir():
        warn(f"{folder} is missing: without the official train.json, val.json and test.json, identities are dealt.")
        return {}
    split_of: dict[str, str] = {}
    for split in SPLITS:
        file = folder / f"{split}.json"
        for identity in chain.from_iterable(_pairs(file)):
            if split_of.setdefault(identity, split) != split:
                raise LayoutError(f"{file}: the id {identity} stands in {split_of[identity]}.json too.")
    return split_of


def _pairs(file: Path) -> list[list[str]]:
    try:
        pairs: list[list[str]] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LayoutError(f"{file} is missing; the official splits are train.json, val.json and test.json.") from None
    except ValueError as error:
        raise LayoutError(f"{file} is not JSON: {error}") from None
    for pair in pairs if isinstance(pairs, list) else [pairs]:
        if not (isinstance(pair, list) and len(pair) == 2 and all(re.fullmatch(r"\d{3}", str(i)) for i in pair)):
            raise LayoutError(f'{file}: {json.dumps(pair)} should be a pair of ids such as ["071", "054"].')
    return pairs


def _check_found(root: Path, compression: str, entries: list[Entry], split_of: dict[str, str]) -> None:
    if not entries:
        others = sorted({path.name for path in root.glob("*_sequences/*/*") if path.is_dir()})
        raise LayoutError(
            f"{root} holds no videos of compression {compression}: looked for {compression}/videos below "
            f"original_sequences/youtube and manipulated_sequences/<method>; compressions found: "
            f"{', '.join(others) or 'none'}."
        )
    if absent := sorted(split_of.keys() - set(chain.from_iterable(entry.identities for entry in entries))):
        warn(f"{root / 'splits'} lists {len(absent)} ids without a video: {few(absent)}.")
