"""The pipeline's way from a file to its faces and to the hashes of its crops, in one process."""

from collections.abc import Sequence
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
from unmask.decoding import decode
from unmask.detect.detector import build
from unmask.detect.faces import find
from unmask.detect.tables import BOX
from unmask.detect.tracks import link
from unmask.extract.choose import spread
from unmask.pixels import rgb
from unmask.split.looks import EACH
from unmask.video import Picture

# Of each video, frames that count, and pixels of the longer side.
MOST, SIDE = 120, 960

# The words of each crop, by the number of frequencies a side.
Hashes = dict[int, np.ndarray]


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


def resized(image: Image, factor: float) -> Image:
    """Shrink a picture to even sides."""
    height, width = (int(side * factor) // 2 * 2 for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def shown(picture: Picture) -> Image:
    """Turn a frame upright, and shrink a large one."""
    image = rgb(picture.frame, picture.rotation)
    return resized(image, SIDE / max(image.shape)) if max(image.shape) > SIDE else image
