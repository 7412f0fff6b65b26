"""Shards: plain tar files that any reader opens, read by place, the same bytes for the same members."""

import tarfile
from pathlib import Path

import pytest

from unmask.errors import DataError
from unmask.shards import Place, ShardWriter, by_shard, read_at

MEMBERS = {"a/1.png": b"x" * 10, "b" * 150 + "/2.png": b"y" * 512, "c/ü.png": b"", "d": b"z" * 1000}


def write(path: Path) -> dict[str, Place]:
    with ShardWriter(path) as shard:
        return {name: shard.add(name, data) for name, data in MEMBERS.items()}


def test_tar_and_place_agree(tmp_path: Path) -> None:
    places = write(tmp_path / "0.tar")
    with tarfile.open(tmp_path / "0.tar") as archive:
        assert archive.getnames() == list(MEMBERS)
        for info in archive:
            assert (info.mtime, info.uid, info.gid) == (0, 0, 0)
            assert archive.extractfile(info).read() == MEMBERS[info.name] == read_at(tmp_path, places[info.name])  # type: ignore[union-attr]


def test_bytes_repeat(tmp_path: Path) -> None:
    write(tmp_path / "0.tar")
    write(tmp_path / "1.tar")
    assert (tmp_path / "0.tar").read_bytes() == (tmp_path / "1.tar").read_bytes()


def test_an_added_video_changes_one_shard() -> None:
    videos = [f"corpus/{number}" for number in range(100)]
    before, after = dict(by_shard(videos, 16)), dict(by_shard([*videos, "corpus/new"], 16))
    assert sum(before.get(name) != after[name] for name in after) == 1
    assert sorted(video for group in before.values() for video in group) == sorted(videos)


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    places = write(tmp_path / "0.tar")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        read_at(tmp_path, places["d"])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_missing_and_short_shards_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="dvc pull"):
        read_at(tmp_path, Place("9.tar", 0, 1))
    (tmp_path / "8.tar").write_bytes(b"abc")
    with pytest.raises(DataError, match="shorter than its table says"):
        read_at(tmp_path, Place("8.tar", 0, 10))
