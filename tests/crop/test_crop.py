"""Crop: the step stores what alignment gives, in the same bytes in any order of work."""

import tarfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from crop.cropping import VALUES, chosen, face, missing, run
from tiny_clips import blank, write_frames

from unmask import params
from unmask.crop.align import TEMPLATE, align
from unmask.crop.pose import roll, yaw
from unmask.crop.quality import phash, sharpness
from unmask.crop.reading import read_crop
from unmask.detect.tables import FACES, LANDMARKS
from unmask.errors import DataError, ParamsError
from unmask.extract.tables import FRAMES
from unmask.shards import Place


def test_crops_are_what_align_gives(corpus: Path) -> None:
    rows = run(corpus, corpus / "out", face="all")
    faces = {(row["video"], row["frame"], row["face"]): row for row in FACES.rows(corpus / "faces")}
    rng = np.random.default_rng(2)
    frames = [rng.integers(0, 256, (200, 240, 3), dtype=np.uint8) for _ in range(4)]
    for row in (row for row in rows if row["status"] == "ok"):
        known = faces[row["video"], row["frame"], row["face"]]
        places = np.reshape([known[name] for name in LANDMARKS], (5, 2))
        frame = frames[3 if row["video"] == "c/a-b" else row["frame"] // 10]
        stored = read_crop(corpus / "out/shards", Place(row["shard"], row["offset"], row["size"]), row["sha256"])
        np.testing.assert_array_equal(stored, align(frame, places, chosen()))
        assert row["phash"] == phash(stored)
        assert row["sharpness"] == pytest.approx(sharpness(stored), rel=1e-6)
        side = known["x1"] - known["x0"]
        assert row["face_size"] == pytest.approx(side, rel=1e-6)
        assert row["roll"] == pytest.approx(roll(*places[:2]), abs=1e-4)
        assert row["yaw"] == pytest.approx(yaw(*places[:3]), abs=1e-4)
        assert row["eye_distance"] == pytest.approx(side * np.hypot(*(TEMPLATE[1] - TEMPLATE[0])), rel=1e-5)


def test_jpeg_crops_are_named_and_measured_as_they_come_back(corpus: Path) -> None:
    rows = run(corpus, corpus / "out", face="all", shards=1, picture={"format": "jpeg", "quality": 90})
    pngs = {(row["video"], row["frame"], row["face"]): row for row in run(corpus, corpus / "png", face="all")}
    with tarfile.open(corpus / "out/shards/0.tar") as tar:
        assert all(name.endswith(".jpg") for name in tar.getnames())
    for row in (row for row in rows if row["status"] == "ok"):
        stored = read_crop(corpus / "out/shards", Place(row["shard"], row["offset"], row["size"]), row["sha256"])
        assert row["phash"] == phash(stored)
        assert row["sharpness"] == pytest.approx(sharpness(stored), rel=1e-6)
        assert row["sharpness"] != pngs[row["video"], row["frame"], row["face"]]["sharpness"]


def test_crops_outside_the_frame_follow_the_border(corpus: Path) -> None:
    FACES.write(
        [face("c/a", 0, 0, 0, 400), missing("c/a", 10, "no_face"), missing("c/a", 20, "no_face"),
         missing("c/a-b", 0, "no_face"), missing("c/bad", -1, "undecodable")],
        corpus / "faces",
    )  # fmt: skip
    corners = {}
    for border in ("black", "replicate", "reflect"):
        row = run(corpus, corpus / "out", border=border)[0]
        crop_ = read_crop(corpus / "out/shards", Place(row["shard"], row["offset"], row["size"]), row["sha256"])
        corners[border] = crop_[-8:, -8:].astype(float)
    assert corners["black"].max() == 0
    assert corners["replicate"].std((0, 1)).max() < 1
    assert corners["reflect"].std((0, 1)).min() > 4


def test_members_are_sorted_and_named_by_frame_and_face(corpus: Path) -> None:
    run(corpus, corpus / "out", face="all", shards=1)
    with tarfile.open(corpus / "out/shards/0.tar") as tar:
        members = tar.getnames()
    assert members == ["c/a-b/000000_0.png", "c/a/000000_0.png", "c/a/000000_1.png", "c/a/000010_0.png"]
    assert all(first < second for first, second in pairwise(members))


def test_any_number_of_workers_gives_the_same_bytes(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for workers in (1, 2):
        monkeypatch.setenv("UNMASK_WORKERS", str(workers))
        monkeypatch.setenv("UNMASK_CACHE", str(corpus / f"cache{workers}"))
        out = corpus / f"out{workers}"
        run(corpus, out)
        written.append({p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert written[0] == written[1]
    assert len(written[0]) > 1


def test_a_shard_of_an_earlier_run_is_removed(corpus: Path) -> None:
    run(corpus, corpus / "out", shards=512)
    run(corpus, corpus / "out", shards=1)
    assert [path.name for path in (corpus / "out/shards").iterdir()] == ["0.tar"]


def test_no_face_at_all_gives_an_empty_folder_of_shards(tmp_path: Path) -> None:
    write_frames(tmp_path / "frames", {"c/a": [blank()]})
    FACES.write([missing("c/a", 0, "no_face")], tmp_path / "faces")
    assert [row["status"] for row in run(tmp_path, tmp_path / "out")] == ["no_face"]
    assert list((tmp_path / "out/shards").iterdir()) == []


def test_faces_of_other_frames_are_refused(corpus: Path) -> None:
    rows = FRAMES.rows(corpus / "frames")
    FRAMES.write([row for row in rows if row["frame"] != 10], corpus / "frames")
    with pytest.raises(DataError, match="run detect again"):
        run(corpus, corpus / "out")


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"face": "track"}, "crop.face"),
        ({"border": "wrap"}, "crop.border"),
        ({"picture": {"format": "png", "level": 0}}, "crop.picture.level"),
        ({"picture": {"format": "png", "quality": 95}}, "crop.picture.quality"),
        ({"picture": {"format": "jpeg", "quality": 101}}, "crop.picture.quality"),
        ({"picture": {"format": "webp"}}, "crop.picture"),
        ({"size": 8}, "crop.size"),
        ({"margin": "1"}, "crop.margin"),
        ({"sze": 1}, "crop.sze"),
    ],
)
def test_wrong_parameters_are_named(tmp_path: Path, changed: dict[str, Any], key: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(str({"crop": VALUES | changed}))
    with pytest.raises(ParamsError, match=f"`{key}`"):
        params.load("crop", path)
