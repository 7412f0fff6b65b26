"""Crops of a manifest: read by place, checked by hash, changed anew every epoch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from unmask.augment.policy import Policies
from unmask.crop.reading import decode, read_crop
from unmask.errors import DataError
from unmask.hashing import bytes_sha256
from unmask.shards import Place
from unmask.split.tables import MANIFEST
from unmask.train.lookup import Lookup, Row
from unmask.train.reading import Shards
from unmask.train.stacking import put, split_colours

# Decoded crops up to this many bytes are kept in memory; more are decoded each time they are needed.
MEMORY = 1 << 30

Item = dict[str, torch.Tensor]
# A batch as a worker process hands it over.
Packed = dict[str, torch.Tensor | NDArray[Any]]
# What is asked for: the epoch and the row of each crop.
Keys = list[tuple[int, int]]
# Makes a real crop and a fake of it, before augmentation, from the crop (3, height, width), its row and the epoch.
Blend = Callable[[torch.Tensor, Row, int], tuple[torch.Tensor, torch.Tensor]]


def read_manifest(path: Path, *, both: bool = True) -> pa.Table:
    """Read the rows of a manifest that have a crop.

    Args:
        path: The manifest.
        both: Whether both classes must be there.

    Raises:
        DataError: There is no crop, or all are of one class.
    """
    table = MANIFEST.read(path)
    table = table.filter(pc.equal(table["status"], "ok")).combine_chunks()
    labels = pc.unique(table["label"]).to_pylist()
    if not labels or (both and len(labels) == 1):
        there = {0: "only real videos (label 0)", 1: "only fakes (label 1)"}[labels[0]] if labels else "no crops at all"
        raise DataError(f"{path} holds {there}; training needs both. Check `corpora` and `split` in params.yaml.")
    return table


def crop_of(folder: Path, row: Row) -> NDArray[np.uint8]:
    """Read the crop of a row of a manifest.

    Args:
        folder: Folder with a folder of shards for each corpus.
        row: At least shard, offset, size and sha256.

    Returns:
        Shape (size, size, 3), RGB.

    Raises:
        DataError: The bytes are not those that the manifest was made from.
    """
    place = Place(row["shard"], row["offset"], row["size"])
    return read_crop(folder, place, row["sha256"])


class Crops(Dataset[Item]):
    """The crops of a manifest; an item is asked for by epoch and row."""

    def __init__(self, table: pa.Table, folder: Path, policies: Policies | None, blend: Blend | None = None) -> None:
        """Decode all crops if they fit into memory.

        Args:
            table: Rows of a manifest that have a crop.
            folder: Folder with a folder of shards for each corpus.
            policies: Augmentations, or none.
            blend: What makes a fake of every crop, which must then all be real; or none.

        Raises:
            DataError: A crop cannot be read or crops differ in size.
        """
        self.table, self._folder, self._policies, self._blend = table, folder, policies, blend
        self._lookup = Lookup(table, ("video", "frame", "face") + (() if blend is None else ("landmarks",)))
        self._shards = Shards(folder)
        # Of every crop the opening of its file at which its bytes were found to be the manifest's.
        self._checked = np.zeros(len(table), np.int64)
        first = read_crop(folder, self._lookup.place(0), self._lookup.sha256(0))
        self._shape = first.shape
        self._kept: NDArray[np.uint8] | None = None
        if first.nbytes * len(self) <= MEMORY:
            self._kept = np.stack([self._read(index) for index in range(len(self))])

    @property
    def videos(self) -> list[str]:
        """Give the video of every crop."""
        videos: list[str] = self.table["video"].to_pylist()
        return videos

    @property
    def views(self) -> int:
        """Count the pictures that a crop gives: two with a blend, a real one and a fake."""
        return 1 if self._blend is None else 2

    @property
    def labels(self) -> torch.Tensor:
        """Give the label of every picture, float32."""
        if self._blend is not None:
            return torch.tensor([0.0, 1.0]).repeat(len(self))
        return torch.from_numpy(self._lookup.label)

    @property
    def weights(self) -> torch.Tensor:
        """Give the weight of every picture, float32."""
        return torch.from_numpy(self._lookup.weight).repeat_interleave(self.views)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Give the shape of a picture: 3, height, width."""
        height, width, colours = self._shape
        return colours, height, width

    @property
    def in_memory(self) -> bool:
        """Tell whether all crops are kept decoded."""
        return self._kept is not None

    def __len__(self) -> int:
        """Count the crops."""
        return len(self.table)

    def __getitem__(self, key: tuple[int, int]) -> Item:
        """Give what the crop (epoch, row) shows.

        Returns:
            Pixels (views, 3, height, width), uint8; label and weight (views), float32; the row.
        """
        item = {name: torch.as_tensor(values) for name, values in self.__getitems__([key]).items()}
        return item | {"row": item["row"][0]}

    def __getitems__(self, keys: Keys, place: NDArray[np.uint8] | None = None) -> Packed:
        """Give what some crops show, stacked; what a crop shows stands side by side.

        What augmentation or a blend asks of their rows is looked up before any is decoded, all at once.

        Args:
            keys: Which crops, in which epoch.
            place: Gets the pixels of as many crops or more, (crops * views, 3, height, width); or new memory does.

        Returns:
            Pixels; label and weight (crops * views), float32; the rows (crops).
        """
        rows, views = np.array([index for _, index in keys]), self.views
        if place is None:
            place = np.empty((len(rows) * views, *self.shape), np.uint8)
        if self._policies is None and self._blend is None:
            for index, into in zip(rows.tolist(), place[: len(rows)], strict=True):
                split_colours(self._pixels(index), into)
        else:
            for number, (key, row) in enumerate(zip(keys, self._lookup.rows(rows), strict=True)):
                put(self._show(key, row), place[number * views :][:views])
        label = self._lookup.label[rows]
        if self._blend is not None:
            label = np.tile(np.array([0, 1], np.float32), len(rows))
        weight = np.repeat(self._lookup.weight[rows], views)
        return {"pixels": place[: len(rows) * views], "label": label, "weight": weight, "row": rows}

    def _show(self, key: tuple[int, int], row: Row) -> Sequence[NDArray[np.uint8]]:
        epoch, index = key
        image = torch.from_numpy(self._pixels(index)).permute(2, 0, 1)
        images = [image] if self._blend is None else list(self._blend(image, row, epoch))
        if self._policies is None:
            return [one.numpy() for one in images]
        # Drawn once: the members of a pair change alike.
        name = f"{row['video']}/{row['frame']}/{row['face']}"
        change = self._policies.draw((image.shape[-2], image.shape[-1]), name, epoch)
        return [change(one).numpy() for one in images]

    def _pixels(self, index: int) -> NDArray[np.uint8]:
        return self._read(index) if self._kept is None else self._kept[index]

    def _read(self, index: int) -> NDArray[np.uint8]:
        place = self._lookup.place(index)
        data, opening = self._shards.read(place)
        # Once for each opening of its file, by each process: to hash takes time beside decoding small crops.
        known = bool(opening) and self._checked[index] == opening
        if known or bytes_sha256(data) == self._lookup.sha256(index):
            self._checked[index] = opening
            crop = decode(data)
        else:  # reads it once more and says what is wrong
            crop = read_crop(self._folder, place, self._lookup.sha256(index))
        if crop.shape != self._shape:
            raise DataError(
                f"crops differ in size ({self._shape[:2]} and {crop.shape[:2]}); run `crop` and `split` again."
            )
        return crop
