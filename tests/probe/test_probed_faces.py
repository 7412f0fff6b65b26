"""Embedded faces on disk: read by split, in whole videos whatever the size of the pieces, drawn alike each time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from unmask import sorted_rows
from unmask.errors import DataError
from unmask.probe.faces import Faces, pieces, read
from unmask.probe.tables import EMBEDDED


def rows(corpus: str, videos: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        {"video": f"{corpus}/{video:02d}", "frame": frame, "face": 0, "split": ("train", "val", "test")[video % 3],
         "label": video // 3 % 2, "weight": 1.0, "track": 0, "seconds": frame / 10, "logit": 0.5,
         "embedding": rng.normal(size=3).astype(np.float16)}
        for video in range(videos) for frame in range(1 + video % 4)
    ]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # Row groups of five rows, so that videos are cut apart.
    monkeypatch.setattr(sorted_rows, "ROWS", 5)
    for corpus in ("a", "b"):
        EMBEDDED.write(rows(corpus, 20), tmp_path / f"{corpus}.parquet")
    return tmp_path


def test_a_split_is_read_whole_and_alone(folder: Path) -> None:
    for split, first in (("train", 0), ("val", 1)):
        found = read(folder, split)
        wanted = [row for corpus in "ab" for row in rows(corpus, 20) if row["split"] == split]
        assert found.keys == [(row["video"], row["frame"], row["face"]) for row in wanted]
        assert np.array_equal(found.values, [row["embedding"] for row in wanted])
        assert found.seconds.tolist() == [row["seconds"] for row in wanted]
        assert found.labels.tolist() == [row["label"] for row in wanted]
        assert found.videos[0] == f"a/0{first}"
        assert found.videos[found.starts].tolist() == list(dict.fromkeys(row["video"] for row in wanted))


def test_pieces_hold_whole_videos_and_together_all(folder: Path) -> None:
    found = list(pieces(folder, ("val", "test")))
    assert len(found) > 4
    assert max(map(len, found)) <= 2 * 5
    videos = [set(piece.videos) for piece in found]
    assert sum(map(len, videos)) == len(set.union(*videos))
    wanted = [row for corpus in "ab" for row in rows(corpus, 20) if row["split"] != "train"]
    assert [key for piece in found for key in piece.keys] == [(r["video"], r["frame"], r["face"]) for r in wanted]
    assert np.array_equal(np.concatenate([piece.values for piece in found]), [row["embedding"] for row in wanted])


def test_draw_takes_as_many_of_each_video_and_other_videos_change_nothing(folder: Path) -> None:
    found = read(folder, "train")
    drawn = found.draw(2, seed=1)
    counts = {video: int((found.videos == video).sum()) for video in set(found.videos)}
    assert {v: int((drawn.videos == v).sum()) for v in counts} == {v: min(2, count) for v, count in counts.items()}
    assert drawn.keys == sorted(drawn.keys)
    some = found.take(np.flatnonzero(found.videos >= "b"))
    assert some.draw(2, seed=1).keys == [key for key in drawn.keys if key[0] >= "b"]
    assert found.draw(2, seed=2).keys != drawn.keys
    assert found.draw("all", seed=1) is found


def test_embeddings_beyond_half_precision_are_one_error(folder: Path) -> None:
    some = rows("a", 20)
    some[3]["embedding"] = np.array([1, np.inf, 0], np.float16)
    EMBEDDED.write(some, folder / "a.parquet")
    said = r"1 embeddings are infinite or no numbers .* such as that of a/02; the network diverged"
    with pytest.raises(DataError, match=said):
        read(folder, "test")
    with pytest.raises(DataError, match=said):
        list(pieces(folder, ("test",)))


def test_a_split_of_one_class_or_none_is_one_error(folder: Path) -> None:
    for corpus in ("a", "b"):
        kept = [row for row in rows(corpus, 20) if row["label"] == 0 or row["split"] != "val"]
        EMBEDDED.write(kept, folder / f"{corpus}.parquet")
    with pytest.raises(DataError, match="has no faces of both classes in the split `val`"):
        read(folder, "val")
    assert isinstance(read(folder, "train"), Faces)
    with pytest.raises(DataError, match="split `train`"):
        read(folder / "none", "train")
