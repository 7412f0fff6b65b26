"""Videos and their copies, hashed, and what is found of them."""

import sys
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from bench.near.copies import WAYS, Way
from bench.near.videos import Videos
from bench.pipeline import Hashes, Pipeline, shown

from unmask.split.near import ALIKE
from unmask.video import probe

SEED = 1
# More bits than a hash has.
FAR = 999


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
