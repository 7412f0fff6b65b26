"""Renders a corpus that lies on disk as FaceForensics++."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from unmask.render import truth
from unmask.render.clip import Clip, film, generator
from unmask.render.encode import encode
from unmask.render.forge import forge
from unmask.render.params import FaceForensics


@dataclass(frozen=True)
class Task:
    """Two people who are filmed and forged into each other."""

    spec: FaceForensics
    out: Path
    pair: tuple[str, str]

    def __call__(self) -> list[dict[str, Any]]:
        """Writes the pair's videos; returns their rows of the truth table."""
        first, second = (film(self.spec, name, name) for name in self.pair)
        return [row for two in ((first, second), (second, first)) for row in self._write(*two)]

    def _write(self, target: Clip, source: Clip) -> Iterator[dict[str, Any]]:
        videos = f"c{self.spec.crf}/videos"
        path = f"original_sequences/youtube/{videos}/{target.identity}.mp4"
        encode(self.out / path, target.frames, self.spec)
        yield from truth.rows(path, target)
        for method in self.spec.methods:
            name = f"{target.identity}_{source.identity}"
            path = f"manipulated_sequences/{method}/{videos}/{name}.mp4"
            fake = forge(method, target, source, generator(self.spec, f"fake/{method}/{name}"))
            encode(self.out / path, fake.frames, self.spec)
            yield from truth.rows(path, target, source.identity, fake)


def deal(spec: FaceForensics) -> dict[str, list[tuple[str, str]]]:
    """The pairs of people of each official split."""
    counts = spec.pairs.model_dump()
    ids = [f"{number:03d}" for number in range(2 * sum(counts.values()))]
    dealt = iter(np.random.default_rng(spec.seed).permutation(ids).reshape(-1, 2).tolist())
    return {split: [(first, second) for first, second in islice(dealt, count)] for split, count in counts.items()}


def plan(spec: FaceForensics, out: Path) -> list[Task]:
    """Writes the split lists and gives the work that remains, one task per pair."""
    dealt = deal(spec)
    folder = out / "splits"
    folder.mkdir(parents=True, exist_ok=True)
    for split, pairs in dealt.items():
        (folder / f"{split}.json").write_text(json.dumps(pairs, indent=2) + "\n", encoding="utf-8")
    return [Task(spec, out, pair) for pairs in dealt.values() for pair in pairs]
