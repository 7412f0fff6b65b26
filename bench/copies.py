"""Copies of videos as people make them, and the pipeline's way from a file to the hashes of its crops."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np

from unmask import params
from unmask.crop import quality
from unmask.crop.align import Image, align
from unmask.crop.choose import RULES
from unmask.detect.detector import build
from unmask.detect.faces import find
from unmask.detect.tables import BOX
from unmask.detect.tracks import link
from unmask.extract.choose import spread
from unmask.pixels import rgb
from unmask.render.encode import encode
from unmask.render.params import Filmed
from unmask.split.looks import EACH
from unmask.video import Picture, decode

# Of each video, frames that count, and pixels of the longer side.
MOST, SIDE = 120, 960

# The words of each crop, by the number of frequencies a side.
Hashes = dict[int, np.ndarray]


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
        pictures = np.stack([_resized(image, self.size) for image in images])
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


class Pipeline:
    """From a file to the hashes of its crops, as the steps do it."""

    def __init__(self) -> None:
        sections: list[Any] = [params.load(name) for name in ("extract", "detect", "crop", "limits")]
        self.extract, self.detect, self.crop, self.limits = sections
        self._detector = build(self.detect.detector)

    def decode(self, path: Path) -> list[Picture]:
        """Decode the first frames of a video."""
        return list(islice(decode(path, self.limits.max_pixels), MOST))

    def hashes(self, pictures: Sequence[Picture]) -> Hashes:
        """Hash the faces of a few of a video's frames."""
        images = [shown(pictures[number]) for number in spread(len(pictures), self.extract.sampling.frames)]
        crops = [align(images[row["frame"]], row["landmarks"], self.crop) for row in self.faces(images)]
        crops = [crops[number] for number in spread(len(crops), EACH)]
        return {rows: _hashed(crops, rows) for rows in (16, 8)}

    def faces(self, images: Sequence[Image]) -> list[dict[str, Any]]:
        """Find the faces of a video's frames that are cropped."""
        found = find(images, self._detector, self.detect.batch)
        tracks = link([faces.boxes for faces in found], self.detect.track_iou)
        rows = [
            {"frame": frame, "face": face, "track": tracks[frame][face], "score": float(faces.scores[face])}
            | {"landmarks": faces.landmarks[face], **dict(zip(BOX, faces.boxes[face].tolist(), strict=True))}
            for frame, faces in enumerate(found)
            for face in range(len(faces))
        ]
        return RULES[self.crop.face](rows)


def _hashed(crops: Sequence[Image], rows: int) -> np.ndarray:
    """Hash crops with rows x rows bits; give crops x words of 64."""
    with mock.patch.object(quality, "ROWS", rows):
        return np.frombuffer(b"".join(map(quality.phash, crops)), np.uint64).reshape(len(crops), rows * rows // 64)


def _resized(image: Image, factor: float) -> Image:
    """Shrink a picture to even sides."""
    height, width = (int(side * factor) // 2 * 2 for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def shown(picture: Picture) -> Image:
    """Turn a frame upright, and shrink a large one."""
    image = rgb(picture.frame, picture.rotation)
    return _resized(image, SIDE / max(image.shape)) if max(image.shape) > SIDE else image
