"""Face pictures: a folder of them passes from index to crop with its pixels, and without a face detector."""

import os
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from faces import Image, picture, plant_pictures, write_picture
from tiny_clips import LIMITS

from unmask import params
from unmask.crop.align import align
from unmask.crop.params import Alignment
from unmask.crop.params import Params as CropParams
from unmask.crop.reading import read_crop
from unmask.crop.step import crop
from unmask.crop.tables import CROPS
from unmask.detect import search as detecting
from unmask.detect.params import Params as DetectParams
from unmask.detect.step import detect
from unmask.detect.tables import BOX, FACES, LANDMARKS
from unmask.errors import DataError, LayoutError
from unmask.extract.params import Params as ExtractParams
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.hashing import file_sha256
from unmask.index.params import Corpora
from unmask.index.step import index
from unmask.index.tables import VIDEOS
from unmask.shards import Place

SIZE = 24
REAL, FAKE = "real train/0/real/3", "fake test/5/fake/7"
EXTRACT = {
    "reader": "pyav",
    "sampling": {"policy": "uniform", "frames": 3},
    "store": {"format": "magicyuv"},
    "shards": 2,
    "max_failed": 1,
}
SMALL = LIMITS.model_copy(update={"max_pixels": 10_000})
DETECT = {
    "detector": {"name": "mtcnn", "min_face": 0.15, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709},
    "batch": 8,
    "paired": "own",
    "track_iou": 0.1,
}
CROP = {
    "face": "best_track",
    "size": SIZE,
    "margin": 1.3,
    "interpolation": "linear",
    "border": "black",
    "picture": {"format": "png", "level": 1},
    "shards": 2,
}

Row = dict[str, Any]


class Pipeline:
    """The steps from index to crop on one corpus of face pictures."""

    def __init__(self, place: Path, root: Path) -> None:
        self.root = root
        self.folders = {name: place / name / "wild" for name in ("index", "extract", "detect", "tables", "shards")}

    def index(self) -> list[Row]:
        corpora = Corpora.model_validate({"wild": {"layout": "wilddeepfake"}})
        index(self.root, self.folders["index"], corpora, SMALL)
        return VIDEOS.rows(self.folders["index"])

    def extract(self, **changed: Any) -> list[Row]:
        chosen = params.parse(ExtractParams, EXTRACT | changed, Path("params.yaml"))
        extract(self.root, self.folders["index"], self.folders["extract"], chosen, SMALL)
        return FRAMES.rows(self.folders["extract"])

    def detect(self) -> list[Row]:
        chosen = params.parse(DetectParams, DETECT, Path("params.yaml"))
        detect(self.folders["extract"], self.root, self.folders["detect"], chosen, LIMITS)
        return FACES.rows(self.folders["detect"])

    def crop(self, **changed: Any) -> list[Row]:
        chosen = params.parse(CropParams, CROP | changed, Path("params.yaml"))
        frames, faces, tables, shards = (self.folders[name] for name in ("extract", "detect", "tables", "shards"))
        crop(frames, faces, self.root, tables, shards, chosen, LIMITS)
        return CROPS.rows(self.folders["tables"])

    def crop_of(self, row: Row) -> Image:
        return read_crop(self.folders["shards"], Place(row["shard"], row["offset"], row["size"]), row["sha256"])


@pytest.fixture
def steps(tmp_path: Path) -> Pipeline:
    """Two sequences: five pictures of a real one, two of a fake one."""
    names = [*(f"{REAL}/{n}.png" for n in (9, 10, 57, 101, 103)), *(f"{FAKE}/{n}.png" for n in (1, 2))]
    return Pipeline(tmp_path, plant_pictures(tmp_path / "raw", names, SIZE))


def test_pixels_pass_unchanged_and_no_face_detector_is_made(steps: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a face detector was made")

    monkeypatch.setattr(detecting, "build", refuse)
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    assert [row["frames"] for row in steps.index()] == [2, 5]
    frames = steps.extract()
    assert [(row["video"], row["frame"]) for row in frames] == [
        *((f"wild/{FAKE}", n) for n in (1, 2)),
        # The middle ones of three equal stretches, in the order of numbers.
        *((f"wild/{REAL}", n) for n in (9, 57, 103)),
    ]
    assert {row["kind"] for row in frames} == {"faces"}
    faces = steps.detect()
    assert {tuple(row[edge] for edge in BOX) for row in faces} == {(0, 0, SIZE, SIZE)}
    assert {(row["status"], row["face"], row["track"], row["score"]) for row in faces} == {("ok", 0, 0, 1.0)}
    assert {row[name] for row in faces for name in LANDMARKS} == {0.0}
    crops = steps.crop()
    assert len(crops) == 5
    for row in crops:
        path = row["video"].removeprefix("wild/")
        assert np.array_equal(steps.crop_of(row), picture(f"{path}/{row['frame']}.png", SIZE))
        assert (row["eye_distance"], row["roll"], row["yaw"]) == (0, None, None)
        assert row["face_size"] == SIZE


def test_pictures_decoded_again_give_the_same_crops(steps: Pipeline) -> None:
    steps.index(), steps.extract(), steps.detect()
    kept = steps.crop()
    rows = steps.extract(store={"format": "none"})
    assert {row["path"] for row in rows} == {REAL, FAKE}
    assert not list(steps.folders["extract"].glob("*.tar"))
    steps.detect()
    assert steps.crop() == kept
    # Crops that the work cache no longer has are cut out of pictures decoded again.
    shutil.rmtree(os.environ["UNMASK_CACHE"])
    assert steps.crop() == kept


@pytest.mark.parametrize("face", ["largest", "best_track", "all"])
def test_every_rule_takes_each_picture_once(steps: Pipeline, face: str) -> None:
    steps.index(), steps.extract(), steps.detect()
    assert [row["face"] for row in steps.crop(face=face)] == [0] * 5


def test_the_same_bytes_again_in_two_workers(steps: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for workers in ("1", "2"):
        monkeypatch.setenv("UNMASK_WORKERS", workers)
        monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / workers))
        steps.index(), steps.extract(), steps.detect(), steps.crop()
        files = sorted(path for folder in steps.folders.values() for path in folder.rglob("*.*"))
        found.append({path: file_sha256(path) for path in files})
    assert found[0] == found[1]
    assert len(found[0]) >= 6


# Resizing -----------------------------------------------------------------------------------------------------------


def whole(image: Image, **changed: Any) -> Image:
    options = {"size": SIZE, "margin": 1.3, "interpolation": "linear", "border": "black"} | changed
    return align(image, None, Alignment.model_validate(options))


def test_shrinking_averages_and_margin_plays_no_part() -> None:
    large = picture("large", 4 * SIZE)
    blocks = large.reshape(SIZE, 4, SIZE, 4, 3).mean((1, 3))
    for interpolation in ("linear", "cubic", "area", "lanczos"):
        for margin in (1.0, 2.0):
            small = whole(large, interpolation=interpolation, margin=margin)
            assert np.abs(small - blocks).max() <= 0.5 + 1e-6


def test_growing_keeps_a_ramp_straight_and_other_shapes_become_square() -> None:
    ramp = np.repeat(np.arange(0, 240, 10, dtype=np.uint8)[None, :, None], SIZE // 2, 0).repeat(3, 2)
    assert np.array_equal(whole(ramp), np.repeat(ramp[:1], SIZE, 0))
    grown = whole(ramp[:, :12], size=48).astype(int)
    steps = np.diff(grown[0, 2:-2, 0])
    assert set(steps) <= {2, 3}


# Other pictures -----------------------------------------------------------------------------------------------------


def test_grey_clear_and_jpeg_pictures_are_read(steps: Pipeline) -> None:
    folder = steps.root / REAL
    grey = np.arange(SIZE * SIZE, dtype=np.uint8).reshape(SIZE, SIZE)
    cv2.imwrite(str(folder / "9.png"), grey)
    clear = picture("clear", SIZE)
    cv2.imwrite(str(folder / "57.png"), np.dstack([cv2.cvtColor(clear, cv2.COLOR_RGB2BGR), grey]))
    photo = np.full((SIZE, SIZE, 3), (200, 90, 30), np.uint8)
    write_picture(folder / "103.jpg", photo).rename(folder / "103.png")
    steps.index(), steps.extract(), steps.detect()
    found = {row["frame"]: steps.crop_of(row) for row in steps.crop() if row["video"].endswith(REAL)}
    assert np.array_equal(found[9], np.dstack([grey] * 3))
    assert np.array_equal(found[57], clear)
    assert np.abs(found[103].astype(int) - photo).max() <= 3


def test_pictures_of_several_sizes_are_one_track(steps: Pipeline) -> None:
    write_picture(steps.root / FAKE / "1.png", picture("tiny", 4))
    steps.index(), steps.extract()
    assert {row["track"] for row in steps.detect()} == {0}
    assert len([row for row in steps.crop() if row["status"] == "ok"]) == 5


# Bad input ----------------------------------------------------------------------------------------------------------


def broken(steps: Pipeline, name: str, data: bytes) -> None:
    (steps.root / name).write_bytes(data)


def test_a_broken_picture_costs_itself_or_its_folder(steps: Pipeline) -> None:
    whole_file = (steps.root / REAL / "57.png").read_bytes()
    broken(steps, f"{REAL}/57.png", whole_file[: len(whole_file) // 2])
    for name in (1, 2):
        broken(steps, f"{FAKE}/{name}.png", b"no picture at all")
    plant_pictures(steps.root, ["real test/1/real/1/1.png"], size=200)
    statuses = {row["path"]: (row["status"], row["reason"]) for row in steps.index()}
    assert statuses[REAL] == ("ok", "")
    assert statuses[FAKE] == ("unreadable", "1.png is not a picture in PNG, JPEG, WebP or BMP")
    frames = {row["frame"]: row for row in steps.extract() if row["video"].endswith(REAL)}
    assert set(frames) == {9, 103}
    assert frames[9]["reason"] == "57.png cannot be decoded"
    assert frames[9]["decoded"] == 4
    large = next(row for row in FRAMES.rows(steps.folders["extract"]) if row["video"].endswith("real/1"))
    assert (large["status"], large["reason"]) == ("unreadable", "1.png of 200x200 has more than 10000 pixels")
    steps.detect()
    crops = {row["video"]: row["status"] for row in steps.crop()}
    assert crops == {
        f"wild/{REAL}": "ok",
        f"wild/{FAKE}": "unreadable",
        "wild/real test/1/real/1": "unreadable",
    }


def test_links_to_nothing_and_what_is_no_file_are_skipped(steps: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    (steps.root / REAL / "200.png").symlink_to(steps.root / "nowhere.png")
    os.mkfifo(steps.root / REAL / "201.png")
    (steps.root / "real test/2/real/1").mkdir(parents=True)
    (steps.root / "real test/2/real/1/1.png").symlink_to("2.png")
    assert [row["frames"] for row in steps.index()] == [2, 5]
    assert "2 pictures below" in capsys.readouterr().err
    assert {row["frame"] for row in steps.extract()} == {1, 2, 9, 57, 103}


def test_a_name_that_no_table_can_hold_is_an_error(steps: Pipeline) -> None:
    folder = os.fsencode(steps.root / FAKE)
    os.rename(folder + b"/1.png", folder + b"/1\xff.png")  # noqa: PTH104
    with pytest.raises(LayoutError, match="is not printable UTF-8"):
        steps.index()


def test_folders_that_changed_or_went_are_named(steps: Pipeline) -> None:
    steps.index()
    plant_pictures(steps.root, [f"{FAKE}/3.png"], SIZE)
    with pytest.raises(DataError, match=r"fake/7 changed since the corpus was indexed"):
        steps.extract()
    shutil.rmtree(steps.root / FAKE)
    with pytest.raises(DataError, match=r"misses 1 of 2 videos that its table lists: fake test/5/fake/7"):
        steps.extract()


def test_equal_folders_have_equal_hashes_and_one_more_picture_another(steps: Pipeline) -> None:
    shutil.copytree(steps.root / FAKE, steps.root / "fake train/1/fake/1")
    hashes = {row["path"]: row["sha256"] for row in steps.index()}
    assert hashes["fake train/1/fake/1"] == hashes[FAKE] != hashes[REAL]
    plant_pictures(steps.root, [f"{FAKE}/3.png"], SIZE)
    again = {row["path"]: row["sha256"] for row in steps.index()}
    assert again["fake train/1/fake/1"] != again[FAKE]
    assert again[REAL] == hashes[REAL]
