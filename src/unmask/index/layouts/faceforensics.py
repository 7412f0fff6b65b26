"""FaceForensics++: 1,000 videos from YouTube and their forgeries (https://github.com/ondyari/FaceForensics).

Rules that can be tolerated: `name` (a video or a method that is not in the official form), `row` (an entry of a list
that is no pair, or of the conversion list that has not its form), `duplicate` (an id that stands in two pairs, a key
that stands twice). The actors of DeepFakeDetection, which come in the same folders, are the layout `dfd`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from unmask.errors import LayoutError, few, warn
from unmask.index.entry import FAKE, REAL, Entry, key
from unmask.index.files import read_json
from unmask.index.layout import Layout, Rules, compare
from unmask.index.youtube import read_conversion, sources

METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures", "FaceShifter")
# Parts of the download that another layout reads.
OTHER_PARTS = ("DeepFakeDetection",)
REAL_NAME = re.compile(r"(\d{3})\.mp4", re.ASCII)
FAKE_NAME = re.compile(r"(\d{3})_(?!\1)(\d{3})\.mp4", re.ASCII)
SPLITS = ("train", "val", "test")
PUBLISHED = {"youtube": 1000, **dict.fromkeys(METHODS, 1000)}
PUBLISHED_PAIRS = {"pairs in train.json": 360, "pairs in val.json": 70, "pairs in test.json": 70}


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
        LayoutError: A video, a method or a list is not in the official form.
    """
    rules, compression = Rules(options), options.compression
    split_of, pairs = _splits(root, rules)
    video_of = read_conversion(root, rules)

    def entry(path: str, method: str, *ids: str) -> Entry:
        names, splits = tuple(f"faceforensics:{number}" for number in ids), {split_of.get(number) for number in ids}
        return Entry(
            path=path,
            label=FAKE if method else REAL,
            method=method,
            compression=compression,
            identities=names,
            cluster=names[0],
            pair=key(corpus, f"{real_folder(compression)}/{ids[0]}.mp4") if method else None,
            split=splits.pop() if len(splits) == 1 else None,
            sources=sources(ids, video_of),
        )

    reals = rules.named(root, real_folder(compression), REAL_NAME, "<NNN>.mp4")
    entries = [entry(path, "", match[1]) for path, match in reals]
    for method in _methods(root, rules):
        folder = f"manipulated_sequences/{method}/{compression}/videos"
        fakes = rules.named(root, folder, FAKE_NAME, "<target>_<source>.mp4, two different ids of three digits")
        entries += [entry(path, method, match[1], match[2]) for path, match in fakes]
    if not entries:
        raise LayoutError(nothing(root, compression, "original_sequences/youtube and manipulated_sequences/<method>"))
    found = Counter(entry.method or "youtube" for entry in entries)
    compare(root, found + pairs, PUBLISHED | (PUBLISHED_PAIRS if split_of else {}))
    _tell_absent(root, entries, split_of)
    rules.tell(root)
    return entries


def real_folder(compression: str) -> str:
    """Give the folder of the original videos."""
    return f"original_sequences/youtube/{compression}/videos"


def nothing(root: Path, compression: str, places: str) -> str:
    """Say that there is no video of a compression below some places, and which compressions there are."""
    others = sorted({path.name for path in root.glob("*_sequences/*/*") if path.is_dir()})
    return (
        f"{root} holds no videos of compression {compression}: looked for {compression}/videos below {places}; "
        f"compressions found: {', '.join(others) or 'none'}."
    )


def _methods(root: Path, rules: Rules) -> list[str]:
    folder = root / "manipulated_sequences"
    found = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[0] != ".") if folder.is_dir() else []
    for name in found:
        if name not in (*METHODS, *OTHER_PARTS):
            known = ", ".join(METHODS)
            rules.broken("name", folder / name, f"this is not a method of FaceForensics++; those are {known}.")
    for name in OTHER_PARTS:
        if name in found:
            warn(f"{folder / name}: {name} is here too; read it with `layout: dfd`.")
    return [name for name in METHODS if name in found]


def _lists(root: Path) -> Path:
    """Give the folder of the official splits; in the data set's repository it lies in `dataset/`."""
    inner = root / "dataset" / "splits"
    return inner if inner.is_dir() and not (root / "splits").is_dir() else root / "splits"


def _splits(root: Path, rules: Rules) -> tuple[dict[str, str], Counter[str]]:
    """Read the official splits: pairs of ids that were swapped with each other.

    Returns:
        Split of each id, and the number of pairs in each file.
    """
    folder = _lists(root)
    split_of: dict[str, str] = {}
    pairs: Counter[str] = Counter()
    if not folder.is_dir():
        warn(f"{folder} is missing: without the official train.json, val.json and test.json, identities are dealt.")
        return split_of, pairs
    for split in SPLITS:
        for place, pair in _pairs(folder / f"{split}.json", rules):
            known = next((number for number in pair if number in split_of), None)
            if known is None and pair[0] != pair[1]:
                split_of |= dict.fromkeys(pair, split)
                pairs[f"pairs in {split}.json"] += 1
            else:
                stands = f"in {split_of[known]}.json already" if known else "there twice"
                rules.broken("duplicate", place, f"the id {known or pair[0]} stands {stands}.")
    return split_of, pairs


def _pairs(file: Path, rules: Rules) -> Iterator[tuple[str, list[str]]]:
    pairs = read_json(file, "the official splits are train.json, val.json and test.json", rules)
    if not isinstance(pairs, list):
        raise LayoutError(f'{file} should be a list of pairs of ids, such as [["071", "054"]].')
    for number, pair in enumerate(pairs, start=1):
        place = f"{file}, entry {number}"
        if isinstance(pair, list) and len(pair) == 2 and all(re.fullmatch(r"[0-9]{3}", str(i)) for i in pair):
            yield place, [str(i) for i in pair]
        else:
            rules.broken("row", place, f'{json.dumps(pair)} should be a pair of ids such as ["071", "054"].')


def _tell_absent(root: Path, entries: list[Entry], split_of: dict[str, str]) -> None:
    present = {name.removeprefix("faceforensics:") for entry in entries for name in entry.identities}
    if absent := sorted(split_of.keys() - present):
        warn(f"{_lists(root)} lists {len(absent)} ids without a video: {few(absent)}.")
