"""Copies of videos as people make them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench.pipeline import resized

from unmask.crop.align import Image
from unmask.render.encode import encode
from unmask.render.params import Filmed


@dataclass(frozen=True)
class Way:
    """How a copy is made: x264's rate factor, size as a factor, a frame per second fewer, share cut off in front."""

    name: str
    crf: int
    size: float = 1.0
    slower: bool = False
    cut: float = 0.0

    def copy(self, images: Sequence[Image], fps: int, path: Path) -> None:
        """Encode pictures again."""
        images = images[int(len(images) * self.cut) :]
        if self.slower:
            fps -= 1
            images = [images[number * (fps + 1) // fps] for number in range(len(images) * fps // (fps + 1))]
        pictures = np.stack([resized(image, self.size) for image in images])
        spec: dict[str, Any] = {"fps": fps, "crf": self.crf, "preset": "veryfast"}
        encode(path, pictures, Filmed.model_construct(**spec))


WAYS = (
    Way("crf 18", 18),
    Way("crf 28, 0.75 of the size", 28, size=0.75),
    Way("crf 34, half the size", 34, size=0.5),
    Way("crf 40", 40),
    Way("crf 40, half the size", 40, size=0.5),
    Way("crf 23, one frame per second fewer", 23, slower=True),
    Way("crf 23, first fifth cut off", 23, cut=0.2),
)
