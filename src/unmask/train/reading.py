"""Crops read again and again: their shards stay open, as to open one takes longer than to read a small crop."""

import os
from collections import OrderedDict
from pathlib import Path
from typing import Any, Self

from unmask.shards import Place, read_at

# Files that one process holds open at most; systems allow some hundreds.
MOST = 64


class Shards:
    """A folder of shards; those read last are open. Reading moves no position in a file, so forks may share them."""

    def __init__(self, folder: Path) -> None:
        """Open nothing yet.

        Args:
            folder: Folder with a folder of shards for each corpus.
        """
        self._folder, self._openings = folder, 0
        self._files: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def read(self, place: Place) -> tuple[bytes, int]:
        """Read one crop's bytes.

        Returns:
            The bytes, and which opening of a file they come from: an open file stays the same one, whatever takes its
            name. 0 if the file did not stay open.

        Raises:
            DataError: As `read_at`.
        """
        try:
            file, opening = self._file(place.shard)
            data = os.pread(file, place.size, place.offset)
        except OSError:
            data = b""
        # It says what is wrong.
        return (data, opening) if len(data) == place.size else (read_at(self._folder, place), 0)

    def _file(self, shard: str) -> tuple[int, int]:
        if (found := self._files.get(shard)) is not None:
            self._files.move_to_end(shard)
            return found
        while len(self._files) >= MOST:
            os.close(self._files.popitem(last=False)[1][0])
        self._openings += 1
        self._files[shard] = os.open(self._folder / shard, os.O_RDONLY), self._openings
        return self._files[shard]

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        """Leave open files out of what another process gets."""
        return type(self), (self._folder,)

    def __del__(self) -> None:
        """Close everything."""
        for file, _ in self._files.values():
            os.close(file)
