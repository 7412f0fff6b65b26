"""Crops of a manifest: read by place, checked by hash, drawn anew every epoch."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset, Sampler

from unmask.crop.reading import read_crop
from unmask.errors import DataError
from unmask.hashing import stable_hash
from unmask.shards import Place
from unmask.split.tables import MANIFEST
from unmask.train.augmentation import Policy

# Decoded crops up to this many bytes are kept in memory; more are decoded each time they are needed.
MEMORY = 1 << 30


def read_manifest(path: Path) -> pa.Table:
    """Read the rows of a manifest that have a crop.

    Raises:
        DataError: There is no crop, or all are of one class.
    """
    table = MANIFEST.read(path)
    table = table.filter(pc.equal(table["status"], "ok"))
    labels = pc.unique(table["label"]).to_pylist()
    if sorted(labels) != [0, 1]:
        there = {0: "only real videos (label 0)", 1: "only fakes (label 1)"}[labels[0]] if labels else "no crops at all"
        raise DataError(f"{path} holds {there}; training needs both. Check `corpora` and `split` in params.yaml.")
    return table


def crop_of(folder: Path, row: dict[str, Any]) -> NDArray[np.uint8]:
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


Item = dict[str, torch.Tensor]


class Crops(Dataset[Item]):
    """The crops of a manifest; an item is asked for by epoch and row."""

    def __init__(self, table: pa.Table, folder: Path, policy: Policy | None) -> None:
        """Decode all crops if they fit into memory.

        Args:
            table: Rows of a manifest that have a crop.
            folder: Folder with a folder of shards for each corpus.
            policy: Augmentations, or none.

        Raises:
            DataError: A crop cannot be read or crops differ in size.
        """
        columns = ["video", "frame", "face", "shard", "offset", "size", "sha256", "label", "weight"]
        self._table = table.select(columns).combine_chunks()
        self._folder, self._policy = folder, policy
        first = crop_of(folder, self._row(0))
        self._shape = first.shape
        self._kept: NDArray[np.uint8] | None = None
        if first.nbytes * len(self) <= MEMORY:
            self._kept = np.stack([self._read(index) for index in range(len(self))])

    @property
    def videos(self) -> list[str]:
        """Give the video of every crop."""
        videos: list[str] = self._table["video"].to_pylist()
        return videos

    @property
    def labels(self) -> torch.Tensor:
        """Give the label of every crop, float32."""
        return torch.from_numpy(self._table["label"].to_numpy().astype(np.float32))

    @property
    def weights(self) -> torch.Tensor:
        """Give the weight of every crop, float32."""
        return torch.from_numpy(self._table["weight"].to_numpy().astype(np.float32))

    @property
    def in_memory(self) -> bool:
        """Tell whether all crops are kept decoded."""
        return self._kept is not None

    def __len__(self) -> int:
        """Count the crops."""
        return len(self._table)

    def __getitem__(self, key: tuple[int, int]) -> Item:
        """Give pixels (3, height, width) uint8, label, weight and row of the crop (epoch, row)."""
        epoch, index = key
        row = self._row(index)
        pixels = self._kept[index] if self._kept is not None else self._read(index)
        image = torch.from_numpy(pixels).permute(2, 0, 1)
        if self._policy is not None:
            image = self._policy(image, f"{row['video']}/{row['frame']}/{row['face']}", epoch)
        numbers = {name: torch.tensor(row[name], dtype=torch.float32) for name in ("label", "weight")}
        return {"pixels": image, "row": torch.tensor(index), **numbers}

    def _row(self, index: int) -> dict[str, Any]:
        row: dict[str, Any] = self._table.slice(index, 1).to_pylist()[0]
        return row

    def _read(self, index: int) -> NDArray[np.uint8]:
        crop = crop_of(self._folder, self._row(index))
        if crop.shape != self._shape:
            raise DataError(
                f"crops differ in size ({self._shape[:2]} and {crop.shape[:2]}); run `crop` and `split` again."
            )
        return crop


class Draw(Sampler[tuple[int, int]]):
    """Which crops an epoch sees and in which order; depends on seed, epoch and videos alone."""

    def __init__(self, videos: list[str], per_video: int | None, seed: int) -> None:
        """Group rows by video.

        Args:
            videos: The video of every row.
            per_video: How many crops of each video an epoch sees; all if none.
            seed: Seed of the draw.
        """
        self.epoch = 0
        self._seed, self._per_video = seed, per_video
        self._rows: dict[str, list[int]] = {}
        for row, video in enumerate(videos):
            self._rows.setdefault(video, []).append(row)

    def __len__(self) -> int:
        """Count the crops of an epoch."""
        return sum(min(len(rows), self._per_video or len(rows)) for rows in self._rows.values())

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Give pairs (epoch, row)."""
        chosen: list[int] = []
        for video, rows in self._rows.items():
            rng = np.random.default_rng([self._seed, self.epoch, stable_hash(video)])
            chosen += [rows[i] for i in rng.permutation(len(rows))[: self._per_video]]
        order = np.random.default_rng([self._seed, self.epoch]).permutation(len(chosen))
        return iter([(self.epoch, chosen[i]) for i in order])
