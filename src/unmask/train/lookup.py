"""What a manifest says of its crops, looked up by row: no object of Python is kept for each of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from unmask.shards import Place

Row = Mapping[str, Any]


class Lookup:
    """The columns of a manifest, as NumPy or Arrow has them.

    A worker process that counts references to lists of Python objects would get a copy of them all, page by page.

    Attributes:
        label: Of every crop, float32.
        weight: Of every crop, float32.
    """

    def __init__(self, table: pa.Table, names: Sequence[str]) -> None:
        """Take the columns.

        Args:
            table: Rows of a manifest that have a crop.
            names: Columns that rows shall have.
        """
        self.label = table["label"].to_numpy().astype(np.float32)
        self.weight = table["weight"].to_numpy().astype(np.float32)
        # Thousands of crops lie in one shard: each name once.
        shards = table["shard"].combine_chunks().dictionary_encode()
        self._names: list[str] = shards.dictionary.to_pylist()
        self._shard = shards.indices.to_numpy()
        self._span = np.stack([table["offset"].to_numpy(), table["size"].to_numpy()], 1)
        self._sha256 = table["sha256"].combine_chunks()
        self._columns = {name: table[name].combine_chunks() for name in names}

    def place(self, row: int) -> Place:
        """Tell where a crop's bytes lie."""
        return Place(self._names[self._shard[row]], *self._span[row].tolist())

    def sha256(self, row: int) -> str:
        """Give the hash that a crop's bytes must have."""
        hashed: str = self._sha256[row].as_py()
        return hashed

    def rows(self, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
        """Look up the named columns of some crops."""
        place = pa.array(rows, pa.int64())
        columns = [column.take(place).to_pylist() for column in self._columns.values()]
        return [dict(zip(self._columns, values, strict=True)) for values in zip(*columns, strict=True)]
