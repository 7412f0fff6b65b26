"""Measure what near-duplicates find and how often they are wrong; write the table of docs.

    python -m bench.near --shared ../shared --scale 800000 --write docs/audit.md

Videos of two embedded corpora, and real clips where they are at hand, are decoded and encoded anew in several ways.
Both go through the pipeline's own functions with the options of `params.yaml`, in one process and thread.
"""

import argparse
import sys
import textwrap
import time
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
from bench.copies import MOST, SIDE, WAYS, Hashes, Pipeline, Way, shown

from unmask import params
from unmask.errors import DataError, UnmaskError
from unmask.index.layouts.table import Options
from unmask.index.step import videos_of
from unmask.split.looks import EACH
from unmask.split.near import ALIKE, near
from unmask.video import probe

SEED = 1
RENDERED, RAW = ("faceforensics", "celeb_df"), Path("data/00_raw")
# Rendered videos that are copied.
COPIED = 80
# Kept frequencies a side, and bits that may differ.
COLUMNS = ((16, 32), (16, 40), (16, 48), (8, 4), (8, 6))
# More bits than a hash has.
FAR = 999
# Longest line of the page.
WIDTH = 120
BEGIN, END = "<!-- near: made by make bench-near -->\n", "<!-- near: end -->\n"

# Path and people of each video by key, sorted.
Videos = dict[str, tuple[Path, frozenset[str]]]


@dataclass
class Clips:
    """Videos of one kind.

    Attributes:
        people: Who is in each, by key, sorted.
        seen: The hashes of each one's crops, by the number of frequencies a side.
        copies: The same of the copies, by the name of the way.
    """

    people: dict[str, frozenset[str]]
    seen: dict[str, Hashes] = field(default_factory=dict)
    copies: dict[str, dict[str, Hashes]] = field(default_factory=lambda: {way.name: {} for way in WAYS})

    @cached_property
    def strangers(self) -> list[tuple[str, str]]:
        """Pairs of videos without a common person."""
        return [(a, b) for a, b in combinations(self.people, 2) if not self.people[a] & self.people[b]]

    @cached_property
    def false(self) -> dict[int, np.ndarray]:
        """Distances of these pairs."""
        return {
            rows: np.array([apart(self.seen[a], self.seen[b], rows) for a, b in self.strangers]) for rows in (16, 8)
        }

    def found(self, way: Way, rows: int, bits: int) -> float:
        """Give the share of copies that are found."""
        copies = self.copies[way.name]
        return sum(apart(self.seen[key], copy, rows) <= bits for key, copy in copies.items()) / len(copies)


def apart(one: Hashes, other: Hashes, rows: int) -> int:
    """Give the fewest bits at which two videos are near-duplicates: the distance of the ALIKE-th best crop of one."""
    a, b = one[rows], other[rows]
    if len(a) < ALIKE or not len(b):
        return FAR
    best = np.bitwise_count(a[:, None] ^ b[None]).sum(-1, dtype=np.int64).min(1)
    return int(np.sort(best)[ALIKE - 1])


def rendered() -> Videos:
    """List the embedded videos: path and people by key."""
    layouts: Any = params.load("corpora")
    videos: Videos = {}
    for corpus in RENDERED:
        if corpus not in layouts.root or not (RAW / corpus).is_dir():
            raise DataError(f"{RAW / corpus} or its entry in params.yaml is missing; `make demo` renders the corpora.")
        found = videos_of(RAW / corpus, corpus, layouts.root[corpus])
        videos |= {key: (RAW / corpus / entry.path, frozenset(entry.identities)) for key, entry in found.items()}
    return dict(sorted(videos.items()))


def real(shared: Path) -> Videos:
    """List the real clips; a person is a group of the table."""
    root = shared / "data"
    found = videos_of(root, "clips", Options(layout="table", file="index.csv"))
    return {key: (root / entry.path, frozenset(entry.identities)) for key, entry in sorted(found.items())}


def measure(pipeline: Pipeline, videos: Videos, copied: int) -> Clips:
    """Hash videos, and copies of some."""
    clips = Clips({key: people for key, (_, people) in videos.items()})
    chosen = {list(videos)[number] for number in np.random.default_rng(SEED).permutation(len(videos))[:copied]}
    with TemporaryDirectory() as folder:
        file = Path(folder) / "copy.mp4"
        for count, (key, (path, _)) in enumerate(videos.items(), 1):
            pictures = pipeline.decode(path)
            clips.seen[key] = pipeline.hashes(pictures)
            images = [shown(picture) for picture in pictures] if key in chosen else []
            for way in WAYS if key in chosen else ():
                way.copy(images, round(probe(path, pipeline.limits.max_pixels).fps), file)
                clips.copies[way.name][key] = pipeline.hashes(pipeline.decode(file))
            sys.stderr.write(f"\r{count} of {len(videos)}")
    sys.stderr.write("\n")
    return clips


def table(kinds: dict[str, Clips], marked: int) -> list[str]:
    """Give the lines of the table; the column that the step uses is set in bold."""
    lines = [["", *(f"{rows * rows} bits, {bits}" for rows, bits in COLUMNS)], ["---"] * (len(COLUMNS) + 1)]
    for kind, clips in kinds.items():
        false = [str(np.count_nonzero(clips.false[rows] <= bits)) for rows, bits in COLUMNS]
        lines.append([f"false alarms, {len(clips.strangers):,} pairs of {kind} videos", *false])
    for way in WAYS:
        shares = [" / ".join(f"{clips.found(way, *column):.2f}" for clips in kinds.values()) for column in COLUMNS]
        lines.append([f"found, {' / '.join(kinds)}: {way.name}" if way is WAYS[0] else way.name, *shares])
    if (16, marked) in COLUMNS:
        for line in (lines[0], *lines[2:]):
            line[1 + COLUMNS.index((16, marked))] = f"**{line[1 + COLUMNS.index((16, marked))]}**"
    return ["| " + " | ".join(line) + " |" for line in lines]


def told(kinds: dict[str, Clips], crop: Any) -> str:
    """Say what was measured."""
    parts = [
        f"{kind}: {len(clips.people)} videos of {len(frozenset().union(*clips.people.values()))} people, "
        f"{len(clips.copies[WAYS[0].name])} of them copied; those without a common person differ in "
        f"{clips.false[16].min()} of 256 bits or more"
        for kind, clips in kinds.items()
    ]
    return (
        f"Crops of {crop.size} pixels, margin {crop.margin:g}; of a video the first {MOST} frames count, in at most "
        f"{SIDE} pixels. {'. '.join(part[0].upper() + part[1:] for part in parts)}."
    )


def search(kinds: dict[str, Clips], count: int, bits: int) -> str:
    """Hide originals among mixed hashes, and look for their copies among all as the step does."""
    seen = {key: found[16] for clips in kinds.values() for key, found in clips.seen.items()}
    videos = [(f"mixed/{number:07d}", "train") for number in range(count // EACH)]
    hashes = [*_mixed(np.concatenate(list(seen.values())), len(videos) * EACH).reshape(len(videos), EACH, -1)]
    videos += [(f"a/{key}", "train") for key in seen]
    hashes += seen.values()
    wanted = set()
    for clips in kinds.values():
        for (way, copies), key in product(clips.copies.items(), clips.copies[WAYS[0].name]):
            videos.append((f"b/{way}/{key}", "test"))
            hashes.append(copies[key][16])
            if apart(clips.seen[key], copies[key], 16) <= bits:
                wanted.add((f"a/{key}", f"b/{way}/{key}"))
    owner, words = np.repeat(np.arange(len(videos)), list(map(len, hashes))), np.concatenate(hashes)
    start = time.perf_counter()
    pairs = near(pd.DataFrame(videos, columns=["video", "place"]), owner, words.view(np.uint8), bits, SEED)
    seconds = time.perf_counter() - start
    found = wanted & set(zip(pairs["first"], pairs["second"], strict=True))
    return (
        f"Among {len(words):,} hashes, most of which take each bit from one or the other of two faces, the sorted "
        f"neighbours found {len(found):,} of the {len(wanted):,} copies that a full comparison finds at {bits} bits, "
        f"in {seconds:.0f} s on one core."
    )


def _mixed(words: np.ndarray, count: int) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    one, other = words[rng.integers(len(words), size=(2, count))]
    mask = rng.integers(1 << 64, size=one.shape, dtype=np.uint64)
    mixed: np.ndarray = (one & mask) | (other & ~mask)
    return mixed


def main() -> None:
    """Measure, print, and renew the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, help="folder with data/index.csv and the real clips that it lists")
    parser.add_argument("--scale", type=int, help="hide the originals among so many hashes, and search")
    parser.add_argument("--write", type=Path, help="page whose table is renewed")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    split: Any = params.load("split")
    pipeline = Pipeline()
    kinds = {"rendered": measure(pipeline, rendered(), COPIED)}
    if arguments.shared:
        clips = real(arguments.shared)
        kinds["real"] = measure(pipeline, clips, len(clips))
    said = "\n".join([*table(kinds, split.near), "", textwrap.fill(told(kinds, pipeline.crop), WIDTH)])
    if arguments.scale:
        said += "\n\n" + textwrap.fill(search(kinds, arguments.scale, split.near), WIDTH)
    sys.stdout.write(said + "\n")
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        start, stop = page.index(BEGIN) + len(BEGIN), page.index(END)
        arguments.write.write_text(f"{page[:start]}\n{said}\n\n{page[stop:]}", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except UnmaskError as error:
        raise SystemExit(f"error: {error}") from None
