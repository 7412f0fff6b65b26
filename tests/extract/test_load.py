"""Loading: frames that were kept or are decoded again are the same, or there is a reason."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extract.noise import noise, same
from extract.staged import Row
from tiny_clips import LIMITS
from tiny_video import shade, write_video

from unmask.errors import DataError
from unmask.extract.clips import FAST, write_clip
from unmask.extract.load import Clip, load_frames
from unmask.extract.params import Params
from unmask.extract.raw import Raw
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.hashing import bytes_sha256
from unmask.index.params import Corpora
from unmask.index.step import index
from unmask.shards import ShardWriter


def kept(root: Path, place: Path, **store: Any) -> Path:
    """Index and extract a corpus of the layout `folder`."""
    settings = {"reader": "pyav", "sampling": {"policy": "uniform", "frames": 4}, "shards": 2, "max_failed": 0.5}
    index(root, place / "index" / "mine", Corpora.model_validate({"mine": {"layout": "folder"}}), LIMITS)
    out = place / "extract" / "mine"
    extract(root, place / "index" / "mine", out, Params.model_validate(settings | {"store": store}), LIMITS)
    return out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of three videos."""
    root = tmp_path / "raw"
    write_video(root / "real" / "a.mp4", frames=20)
    write_video(root / "real" / "b.mkv", frames=3)
    write_video(root / "fake" / "swap" / "deep.mkv", frames=5, codec="ffv1", pixel_format="yuv420p10le")
    return root


def by_video(out: Path) -> dict[str, list[Row]]:
    videos: dict[str, list[Row]] = {}
    for row in FRAMES.rows(out):
        videos.setdefault(row["video"], []).append(row)
    return videos


def test_frames_decoded_again_are_those_that_would_have_been_kept(root: Path, tmp_path: Path) -> None:
    stored = by_video(kept(root, tmp_path / "1", format="magicyuv"))
    out = kept(root, tmp_path / "2", format="none")
    assert [path.name for path in out.iterdir()] == ["frames.parquet"]
    again = by_video(out)
    assert list(again) == list(stored)
    for video_key, rows in again.items():
        path = video_key.removeprefix("mine/")
        assert {(row["path"].rpartition(".")[0], row["reader"], row["shard"]) for row in rows} == {(path, "pyav", "")}
        assert {(row["path"], row["reader"]) for row in stored[video_key]} == {("", "")}
        # The same hash: a step that looks at the frames does nothing anew.
        assert {row["sha256"] for row in rows} == {row["sha256"] for row in stored[video_key]}
        whole = load_frames(tmp_path / "1" / "extract" / "mine", stored[video_key])
        assert same(load_frames(out, rows, Raw(root, LIMITS)), whole)
        assert same(Clip(out, rows, Raw(root, LIMITS)).images(rows[1:]), whole[1:])


def test_raw_files_that_changed_or_went_are_named(root: Path, tmp_path: Path) -> None:
    out = kept(root, tmp_path, format="none")
    rows = by_video(out)["mine/real/a"]
    write_video(root / "real" / "a.mp4", frames=20, draw=lambda number: shade(number)[::-1] // 2)
    with pytest.raises(DataError, match=r"real/a\.mp4 does not give the 4 frames again .*other frames"):
        load_frames(out, rows, Raw(root, LIMITS))
    (root / "real" / "a.mp4").unlink()
    with pytest.raises(DataError, match=r"real/a\.mp4 does not give the 4 frames again"):
        load_frames(out, rows, Raw(root, LIMITS))


def shelved(folder: Path, data: bytes) -> Row:
    """Put bytes into a shard as if they were a clip; give a row that says so."""
    with ShardWriter(folder / "0.tar") as shard:
        place = shard.add("c/a.nut", data)
    where = {"shard": place.shard, "offset": place.offset, "size": place.size, "sha256": bytes_sha256(data)}
    return where | {"path": "", "position": 0, "rotation": 0}


def test_every_flipped_bit_of_a_shard_is_noticed(tmp_path: Path) -> None:
    data = write_clip([noise(1, (16, 12), "yuv420p")], FAST)
    row = shelved(tmp_path, data)
    assert len(load_frames(tmp_path, [row])) == 1
    whole = (tmp_path / "0.tar").read_bytes()
    for place in np.random.default_rng(1).integers(0, len(data), 20):
        broken = bytearray(whole)
        broken[row["offset"] + int(place)] ^= 1
        (tmp_path / "0.tar").write_bytes(broken)
        with pytest.raises(DataError, match="does not belong to its table"):
            load_frames(tmp_path, [row])


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_what_is_no_clip_of_this_version_is_made_again(tmp_path: Path, part: float) -> None:
    data = write_clip([noise(n, (16, 12), "yuv420p") for n in range(2)], FAST)
    row = shelved(tmp_path, data[: int(part * len(data))] or b"another format")
    with pytest.raises(DataError, match=r"0\.tar cannot be read; run extract again"):
        load_frames(tmp_path, [row | {"position": position} for position in (0, 1)])
