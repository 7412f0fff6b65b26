"""Shards: plain tar files with sorted members and no clock in them, read by one `pread` each."""

import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from unmask.errors import DataError, blocked
from unmask.hashing import stable_hash

BLOCK = 512


@dataclass(frozen=True)
class Place:
    """Where a member's bytes lie: shard file name, first byte, number of bytes."""

    shard: str
    offset: int
    size: int


def shard_of(video: str, shards: int) -> int:
    """Give a video's shard number; it depends on the video's key alone, so one added video changes one shard."""
    return stable_hash(video) % shards


def by_shard(videos: Iterable[str], shards: int) -> Iterator[tuple[str, list[str]]]:
    """Group video keys by shard.

    Yields:
        Shard file name and the sorted keys in it, in order of shard number; empty shards are left out.
    """
    groups: dict[int, list[str]] = {}
    for video in videos:
        groups.setdefault(shard_of(video, shards), []).append(video)
    width = len(str(shards - 1))
    for number in sorted(groups):
        yield f"{number:0{width}d}.tar", sorted(groups[number])


class ShardWriter:
    """Write one shard; members must come sorted so that the same content gives the same bytes."""

    def __init__(self, path: Path) -> None:
        """Open a shard for writing; its folder is made when needed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._name = path.name
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the end of the archive and close it."""
        self._file.write(bytes(2 * BLOCK))
        self._file.close()

    def add(self, name: str, data: bytes) -> Place:
        """Append one member.

        Args:
            name: Member name, forward slashes.
            data: Its content.

        Returns:
            Where the content lies.
        """
        info = tarfile.TarInfo(name)
        info.size = len(data)
        info.mode = 0o644
        self._file.write(info.tobuf(tarfile.GNU_FORMAT))
        place = Place(self._name, self._file.tell(), len(data))
        self._file.write(data)
        self._file.write(bytes(-len(data) % BLOCK))
        return place


def read_at(folder: Path, place: Place) -> bytes:
    """Read one member's content.

    Raises:
        DataError: The shard is missing, may not be read or is shorter than the table says.
    """
    path = folder / place.shard
    try:
        file = os.open(path, os.O_RDONLY)
        try:
            data = os.pread(file, place.size, place.offset)
        finally:
            os.close(file)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; fetch it with `dvc pull {path.parent}`.") from None
    except OSError as error:
        raise DataError(blocked(error) or f"{path} cannot be read: {error}.") from None
    if len(data) != place.size:
        raise DataError(f"{path} is shorter than its table says; fetch it again with `dvc checkout`.")
    return data
