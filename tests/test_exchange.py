"""Splits written for DeepfakeBench: they are read back with equal pixels and labels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faces import picture
from plant import run
from tiny_clips import LIMITS
from typer.testing import CliRunner

from unmask.cli import app
from unmask.crop.params import Params as CropParams
from unmask.crop.params import Png
from unmask.crop.reading import read_crop
from unmask.crop.step import crop
from unmask.crop.store import encode
from unmask.crop.tables import CROPS
from unmask.detect.params import Params as DetectParams
from unmask.detect.step import detect
from unmask.errors import DataError
from unmask.exchange import write as write_bench
from unmask.extract.params import Params as ExtractParams
from unmask.extract.step import extract
from unmask.hashing import bytes_sha256
from unmask.index.bench import label_of, meaning
from unmask.shards import Place, ShardWriter
from unmask.split.tables import MANIFEST

SIZE = 16
# Key of the video, split, label, method, cluster, frames.
VIDEOS = [
    ("ff/o/youtube/c23/videos/000", "test", 0, "", "faceforensics:000", (3, 120)),
    ("ff/m/Deepfakes/c23/videos/000_003", "test", 1, "Deepfakes", "faceforensics:000", (0, 5, 1200)),
    ("ff/m/Face2Face/c23/videos/071_054", "train", 1, "Face2Face", "faceforensics:071", (7,)),
    ("mine/real/a", "train", 0, "", "mine:a", (0, 1)),
    ("mine/real/b/x", "val", 0, "", "mine:x", (2,)),
    ("mine/real/c/x", "test", 0, "", "mine:x2", (4,)),
    ("mine/fake/my swap/a", "val", 1, "my swap", "mine:a", (0, 9)),
    ("mine/@ff/o/youtube/c23/videos/071", "train", 0, "", "faceforensics:071", (8,)),
]


@pytest.fixture
def splits(tmp_path: Path) -> tuple[Path, Path]:
    """Write manifests and crop shards of two corpora; one video of test has no crop."""
    manifests, shards = tmp_path / "splits", tmp_path / "shards"
    rows: dict[str, list[dict[str, Any]]] = {"train": [], "val": [], "test": []}
    common = {"face": 0, "status": "ok", "pair": None, "track": 0, "weight": 1.0, "landmarks": None}
    for corpus in ("ff", "mine"):
        with ShardWriter(shards / corpus / "0.tar") as writer:
            for video, split, label, method, cluster, frames in VIDEOS:
                who = {"video": video, "corpus": corpus, "label": label, "method": method, "cluster": cluster}
                for frame in frames if video.startswith(f"{corpus}/") else ():
                    data = encode(picture(f"{video}{frame}", SIZE), Png(format="png", level=1))
                    place = writer.add(f"{video}/{frame}.png", data)
                    where = {"shard": f"{corpus}/0.tar", "offset": place.offset, "size": place.size}
                    rows[split].append(common | who | where | {"frame": frame, "sha256": bytes_sha256(data)})
    nothing = {
        "frame": -1,
        "face": -1,
        "track": -1,
        "status": "no_face",
        "shard": "",
        "offset": 0,
        "size": 0,
        "sha256": "",
    }
    who = {"video": "mine/real/none", "corpus": "mine", "label": 0, "method": "", "cluster": "mine:none"}
    rows["test"].append(common | who | nothing)
    for split, listed in rows.items():
        MANIFEST.write(listed, manifests / f"{split}.parquet")
    return manifests, shards


def again(out: Path, corpus: str, place: Path) -> tuple[dict[str, Any], dict[tuple[str, int], Any]]:
    """Read what was written through the layout, up to its crops.

    Returns:
        Rows of the videos by path, and crops by video and frame.
    """
    rows = run(out, corpus, layout="deepfakebench", file=f"{corpus}.json")
    index = out.parent / "index" / corpus
    frames, faces, tables, shards = (place / name / corpus for name in ("e", "d", "t", "s"))
    sampled = {
        "reader": "pyav",
        "sampling": {"policy": "uniform", "frames": 100},
        "store": {"format": "magicyuv"},
        "shards": 1,
        "max_failed": 0,
    }
    extract(out, index, frames, ExtractParams.model_validate(sampled), LIMITS)
    detector = {"name": "mtcnn", "min_face": 0.15, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709}
    found = {"detector": detector, "batch": 1, "paired": "own", "track_iou": 0.1}
    detect(frames, out, faces, DetectParams.model_validate(found), LIMITS)
    cut = {
        "face": "all",
        "size": SIZE,
        "margin": 1.3,
        "interpolation": "linear",
        "border": "black",
        "picture": {"format": "png", "level": 1},
        "shards": 1,
    }
    crop(frames, faces, out, tables, shards, CropParams.model_validate(cut), LIMITS)
    crops = CROPS.rows(tables)
    return rows, {
        (row["video"], row["frame"]): read_crop(shards, Place(row["shard"], row["offset"], row["size"]))
        for row in crops
    }


def test_what_is_written_is_read_back_with_equal_pixels(splits: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert write_bench(*splits, out) == {"ff": 3, "mine": 5}
    found: dict[str, dict[str, Any]] = {}
    pixels: dict[tuple[str, int], Any] = {}
    for corpus in ("ff", "mine"):
        rows, crops = again(out, corpus, tmp_path / "again")
        found |= rows
        pixels |= crops
    names = {
        "ff/FF-real/frames/000": VIDEOS[0],
        "ff/FF-DF/frames/000_003": VIDEOS[1],
        "ff/FF-F2F/frames/071_054": VIDEOS[2],
        "mine/mine_Real/frames/a": VIDEOS[3],
        "mine/mine_Real/frames/mine__real__b__x": VIDEOS[4],
        "mine/mine_Real/frames/mine__real__c__x": VIDEOS[5],
        "mine/my swap_Fake/frames/a": VIDEOS[6],
        "mine/FF-real/frames/071": VIDEOS[7],
    }
    assert {p: (r["label"], r["method"], r["split"]) for p, r in found.items()} == {
        path: (label, method, split) for path, (_, split, label, method, _, _) in names.items()
    }
    assert found["ff/FF-DF/frames/000_003"]["identities"] == ["faceforensics:000", "faceforensics:003"]
    assert found["ff/FF-DF/frames/000_003"]["pair"] == "ff/ff/FF-real/frames/000"
    expected = {
        (f"{path.partition('/')[0]}/{path}", frame): picture(f"{video}{frame}", SIZE)
        for path, (video, *_, frames) in names.items()
        for frame in frames
    }
    assert pixels.keys() == expected.keys()
    assert all(np.array_equal(pixels[key], image) for key, image in expected.items())


def test_labels_for_the_configuration_are_written(splits: tuple[Path, Path], tmp_path: Path) -> None:
    write_bench(*splits, tmp_path / "out")
    assert (tmp_path / "out" / "label_dict.yaml").read_text() == (
        'label_dict:\n  "FF-DF": 1\n  "FF-F2F": 1\n  "FF-real": 0\n  "mine_Real": 0\n  "my swap_Fake": 1\n'
    )


@pytest.mark.parametrize(
    "method", ["Deepfakes", "FaceShifter", "Celeb-synthesis", "unknown", "A", "dfdc", "wav2lip-fsgan", "x_y"]
)
def test_every_method_is_told_by_its_label(method: str) -> None:
    assert meaning(label_of(1, method, "any")) == (1, method)


def test_the_command_writes_and_refuses_a_folder_in_use(
    splits: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "40_crop").mkdir(parents=True)
    splits[0].rename(tmp_path / "data" / "50_split")
    splits[1].rename(tmp_path / "data" / "40_crop" / "shards")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["deepfakebench", "bench"])
    assert done.output == "bench/ff.json: 3 videos\nbench/mine.json: 5 videos\n"
    again = CliRunner().invoke(app, ["deepfakebench", "bench"])
    assert isinstance(again.exception, DataError)
    assert str(again.exception) == "bench is not empty; name a new folder."


def test_a_crop_of_another_run_is_noticed(splits: tuple[Path, Path], tmp_path: Path) -> None:
    path = splits[1] / "mine" / "0.tar"
    data = path.read_bytes()
    path.write_bytes(data.replace(b"IDAT", b"IDAX", 1))
    with pytest.raises(DataError, match=r"mine/0\.tar holds another crop than the manifest says"):
        write_bench(*splits, tmp_path / "out")
