"""Invented embeddings of tracks, for the tests of heads."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.probe.faces import Faces

SEQUENCE: dict[str, Any] = {
    "width": 16, "layers": 1, "dropout": 0.0, "shortest": 0.2, "longest": 8.0, "length": "all", "lr": 0.01,
    "weight_decay": 0.01, "batch": 16, "epochs": 30, "patience": 8,
}  # fmt: skip
CHOICES: dict[str, dict[str, Any]] = {
    "gru": SEQUENCE | {"both_ways": False},
    "lstm": SEQUENCE | {"both_ways": True},
    "transformer": SEQUENCE | {"heads": 4, "layers": 2, "lr": 0.005},
}


def track(rng: np.random.Generator, length: int, features: int = 6) -> NDArray[np.float64]:
    return rng.normal(size=(length, features))


def times(rng: np.random.Generator, length: int) -> NDArray[np.float64]:
    """Frames at irregular times, 0.1 to 0.5 seconds apart."""
    return np.cumsum(rng.uniform(0.1, 0.5, length))


def faces_of(tracks: Sequence[NDArray[np.float64]], seconds: Sequence[Any], labels: Sequence[int]) -> Faces:
    """Make every track a video of its own."""
    lengths = [len(one) for one in tracks]
    count = sum(lengths)
    return Faces(
        videos=np.repeat(np.array([f"toy/{n:04d}" for n in range(len(tracks))], dtype=object), lengths),
        frames=np.concatenate([np.arange(n) for n in lengths]).astype(np.int32),
        numbers=np.zeros(count, np.int16),
        labels=np.repeat(labels, lengths).astype(np.int64),
        weights=np.ones(count),
        tracks=np.zeros(count, np.int16),
        seconds=np.concatenate(seconds).astype(np.float64),
        logits=np.zeros(count),
        values=np.concatenate(tracks).astype(np.float16),
    )


def single(seed: int, videos: int, each: int, features: int = 5) -> Faces:
    """Faces of two overlapping clouds, in unequal numbers and of unequal weight."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(videos) < 0.7).astype(int)
    labels[:2] = 0, 1
    tracks = [rng.normal(0.4 * label, 1.0, (each, features)) * [1, 5, 0.2, 1, 1] for label in labels]
    faces = faces_of(tracks, [np.arange(each)] * videos, labels.tolist())
    faces.weights[:] = rng.uniform(0.5, 2.0, len(faces))
    return faces


def in_order(seed: int, count: int) -> Faces:
    """Tracks in which a sign comes first in fakes and last in reals; all else is the same, their mean above all."""
    rng = np.random.default_rng(seed)
    tracks, seconds, labels = [], [], []
    for number in range(count):
        half, label = int(rng.integers(2, 5)), number % 2
        sign = np.repeat([1.0, -1.0] if label else [-1.0, 1.0], half)[:, None] * np.array([1.5, 0, 0, 0, 0, 0])
        noise = rng.normal(0, 0.5, (half, 6))
        tracks.append(sign + np.concatenate([noise, -noise]))
        seconds.append(times(rng, 2 * half))
        labels.append(label)
    return faces_of(tracks, seconds, labels)
