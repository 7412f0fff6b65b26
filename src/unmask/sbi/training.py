"""Blending while training: every real crop gives itself and a fake, anew in every epoch."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from unmask.errors import DataError
from unmask.hashing import stable_hash
from unmask.sbi.blend import self_blend
from unmask.sbi.landmarks import Points
from unmask.sbi.landmarks68 import Finder, best
from unmask.sbi.part import BlendPart, Onnx
from unmask.sbi.transform import Image


class Blending:
    """Makes the pairs of a recipe; what is drawn depends on seed, epoch and crop alone."""

    def __init__(self, part: BlendPart, seed: int) -> None:
        """Load the landmark model, if there is one.

        Args:
            part: The recipe's section `blend`.
            seed: Seed of all draws.

        Raises:
            DataError: The landmark model is missing, another one, or none.
        """
        self._part, self._seed = part, seed
        self._finder = Finder(part.points) if isinstance(part.points, Onnx) else None
        self._found: dict[str, Points] = {}

    def __call__(self, image: torch.Tensor, row: Mapping[str, Any], epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Make a pair of one real crop.

        Args:
            image: (3, height, width), uint8.
            row: The crop's row of the manifest, with landmarks.
            epoch: The same crop gives another pair in every epoch.

        Returns:
            Real and fake, both as `image`.
        """
        key = f"{row['video']}/{row['frame']}/{row['face']}"
        pixels = np.ascontiguousarray(image.permute(1, 2, 0).numpy())
        # A stream of its own: that of the augmentations is called by seed, epoch and crop alone.
        random = np.random.default_rng([self._seed, epoch, stable_hash(key), stable_hash("blend")])
        try:
            pair = self_blend(pixels, self._points(key, pixels, row["landmarks"]), self._part, random)
        except DataError as error:
            raise DataError(f"{row['video']}, frame {row['frame']}: {error}") from None
        real, fake = (torch.from_numpy(picture).permute(2, 0, 1) for picture in (pair.real, pair.fake))
        return real, fake

    def _points(self, key: str, image: Image, landmarks: list[float]) -> Points:
        five = np.array(landmarks, dtype=np.float64).reshape(5, 2)
        if self._finder is None:
            return five
        if key not in self._found:
            self._found[key] = best(self._finder(image), five)
        return self._found[key]


def blendable(table: pa.Table, path: object) -> pa.Table:
    """Give the rows of a manifest that pairs are made of: real crops whose landmarks are known.

    Args:
        table: Rows that have a crop.
        path: The manifest, for the message.

    Raises:
        DataError: There are none.
    """
    known = table.filter(pc.and_(pc.equal(table["label"], 0), pc.is_valid(table["landmarks"])))
    if not len(known):
        raise DataError(
            f"{path} holds no real crop with landmarks, of which `blend` could make fakes; pictures that came cropped "
            "have none. Add a corpus of videos to `split.train_on`, or set `blend: none` in the recipe."
        )
    return known.combine_chunks()
