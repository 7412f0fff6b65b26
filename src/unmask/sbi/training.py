"""Blending while training: every real crop gives itself and a fake, anew in every epoch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from unmask.errors import DataError
from unmask.hashing import stable_hash
from unmask.sbi.blend import self_blend
from unmask.sbi.faults import faults
from unmask.sbi.landmarks import Points
from unmask.sbi.landmarks68 import Finder, best
from unmask.sbi.part import BlendPart, Onnx
from unmask.sbi.transform import Image
from unmask.train.data import crop_of


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
            found = best(self._finder(image), five)
            odd = any(there[0] for there in faults(found[None], (image.shape[0], image.shape[1])).values())
            self._found[key] = five if odd else found
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


def placed(table: pa.Table, path: Path, folder: Path) -> tuple[pa.Table, str]:
    """Leave out crops of which no fake can be blended, as `faults` tells: one of them would end a training midway.

    Args:
        table: Rows that `blendable` gave.
        path: The manifest, for the message.
        folder: Folder with a folder of crop shards for each corpus; one crop is read, for all have its size.

    Returns:
        The other rows, and a warning; an empty one if all are left.

    Raises:
        DataError: No row is left, or the crop cannot be read.
    """
    height, width, _ = crop_of(folder, table.slice(0, 1).to_pylist()[0]).shape
    places = table["landmarks"].combine_chunks().flatten().to_numpy(zero_copy_only=False).astype(np.float64)
    found = faults(places.reshape(-1, 5, 2), (height, width))
    odd = np.logical_or.reduce(list(found.values()))
    if not odd.any():
        return table, ""
    first = int(odd.argmax())
    fault = next(fault for fault, there in found.items() if there[first])
    row = {name: table[name][first] for name in ("video", "frame", "face")}
    said = (
        f"{path}: of {odd.sum()} of {len(table)} real crops with landmarks no fake can be blended, such as "
        f"{row['video']}, frame {row['frame']}, face {row['face']}: {fault}"
    )
    if odd.all():
        raise DataError(f"{said}. Run `crop` and `split` again, or set `blend: none` in the recipe.")
    return table.filter(pa.array(~odd)).combine_chunks(), f"{said}; they are left out."
