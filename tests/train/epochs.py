"""Crops without pictures, and what an epoch draws of them."""

from collections import Counter
from typing import Any

import numpy as np

from unmask.train.drawing import Epoch, Ints, Rows, Sampling


def rows(videos: dict[str, int], pairs: dict[str, str] | None = None) -> Rows:
    """Make crops: so many of each video; the names of fakes begin with `f`, behind that of a corpus."""
    names = [name for name, count in videos.items() for _ in range(count)]
    frames = np.concatenate([np.arange(count) for count in videos.values()])
    faces = np.zeros(len(names), dtype=np.int64)
    label = np.array([int(name.rpartition("/")[2].startswith("f")) for name in names])
    return Rows(names, label, [(pairs or {}).get(name) for name in names], frames, faces)


def drawn(given: Rows, settings: dict[str, Any], number: int, batch: int = 4) -> list[int]:
    sampling = Sampling.choose(settings)
    order: Ints = sampling.module.order(given, sampling, Epoch(1, number, batch))
    return [int(row) for row in order]


def seen(given: Rows, chosen: list[int], label: int) -> Counter[str]:
    return Counter(given.video[row] for row in chosen if given.label[row] == label)
