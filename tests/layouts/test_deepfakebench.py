"""DeepfakeBench's lists: read as the authors write them, with everything that may be wrong; written and read back."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faces import picture, plant_pictures
from plant import fact, known, run, write
from pydantic import ValidationError
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
from unmask.errors import DataError, LayoutError
from unmask.exchange import write as write_bench
from unmask.extract.params import Params as ExtractParams
from unmask.extract.step import extract
from unmask.hashing import bytes_sha256
from unmask.index.bench import label_of, meaning
from unmask.index.params import Corpora
from unmask.shards import Place, ShardWriter
from unmask.split.tables import MANIFEST

FF = "FaceForensics++"
TARGET = f"{FF}/original_sequences/youtube/c23/frames"
NT = f"{FF}/manipulated_sequences/NeuralTextures/c23/frames"


def record(label: str, folder: str, names: tuple[str, ...] = ("000.png", "012.png")) -> dict[str, Any]:
    return {"label": label, "frames": [f"{folder}/{name}" for name in names]}


def official() -> dict[str, Any]:
    """Make the list of FaceForensics++, masks included, with the back slashes of Windows in one video."""
    windows = record("FF-NT", f".\\{NT}\\000_003".replace("/", "\\"))
    windows["frames"] = [frame.replace("/", "\\") for frame in windows["frames"]]
    return {
        FF: {
            "FF-real": {
                "train": {"c23": {"071": record("FF-real", f"{TARGET}/071")}, "c40": {}},
                "val": {"c23": {}},
                "test": {"c23": {n: record("FF-real", f"{TARGET}/{n}") for n in ("000", "003")}},
            },
            "FF-NT": {
                "train": {"c23": {"071_054": record("FF-NT", f"{NT}/071_054") | {"masks": ["masks/071_054/000.png"]}}},
                "val": {"c23": {}},
                "test": {"c23": {"000_003": windows}},
            },
        }
    }


def pictures_of(node: Any) -> list[str]:
    """List all pictures that a list names."""
    if isinstance(node, Mapping):
        return [str(f).replace("\\", "/") for f in node.get("frames", [])] + [
            p for key, value in node.items() if key != "frames" for p in pictures_of(value)
        ]
    return []


def tree(place: Path, listed: Any, name: str = "list.json") -> Path:
    root = plant_pictures(place / "raw", pictures_of(listed), size=8)
    return write(root, {name: listed})


def read(root: Path, **options: Any) -> dict[str, dict[str, Any]]:
    return run(root, "bench", **{"layout": "deepfakebench", "file": "list.json"} | options)


# As the authors write it --------------------------------------------------------------------------------------------


def test_official_form(tmp_path: Path) -> None:
    rows = read(tree(tmp_path, official()), dataset=FF, compression="c23")
    words = {"compression": "c23", "kind": "faces"}
    assert {path: known(row) for path, row in rows.items()} == {
        f"{TARGET}/000": fact(0, ["faceforensics:000"], split="test", **words),
        f"{TARGET}/003": fact(0, ["faceforensics:003"], split="test", **words),
        f"{TARGET}/071": fact(0, ["faceforensics:071"], split="train", **words),
        f"{NT}/000_003": fact(
            1,
            ["faceforensics:000", "faceforensics:003"],
            method="NeuralTextures",
            split="test",
            pair=f"bench/{TARGET}/000",
            **words,
        ),
        f"{NT}/071_054": fact(
            1,
            ["faceforensics:071", "faceforensics:054"],
            method="NeuralTextures",
            split="train",
            pair=f"bench/{TARGET}/071",
            **words,
        ),
    }
    assert rows[f"{NT}/000_003"]["frames"] == 2


@pytest.mark.parametrize(
    ("label", "folder", "video", "identities", "method"),
    [
        ("FF-DF", "x", "000_003", ["faceforensics:000", "faceforensics:003"], "Deepfakes"),
        ("FF-FH", "x", "000_003", ["faceforensics:000", "faceforensics:003"], "FaceShifter"),
        ("DFD_fake", "x", "24_23__kitchen__YR5OVD4S", ["dfd:24", "dfd:23"], "DeepFakeDetection"),
        ("DFD_real", "x", "24__kitchen", ["dfd:24"], ""),
        ("CelebDFv2_fake", "x", "id0_id1_0000", ["celeb_df:id0", "celeb_df:id1"], "Celeb-synthesis"),
        ("CelebDFv1_real", "x", "id0_0000", ["celeb_df:id0"], ""),
        ("CelebDFv2_real", "x", "00170", ["celeb_df:youtube-00170"], ""),
        ("DFDC_Fake", "DFDC/train/dfdc_train_part_12/frames", "abarnvbtwb", ["dfdc:part_12"], "dfdc"),
        ("DFDC_Real", "DFDC/test/frames", "abarnvbtwb", ["dfdc:abarnvbtwb"], ""),
        ("DFDCP_FakeB", "x", "1_2_A_001", ["dfdc_preview:2", "dfdc_preview:1"], "B"),
        ("DF_fake", "x", "000_M101", ["faceforensics:000", "deeperforensics:M101"], "end_to_end"),
        ("DF_real", "D/source_videos/W004/frames", "a", ["deeperforensics:W004"], ""),
        ("UADFV_Fake", "x", "0001_fake", ["uadfv:0001"], "FakeApp"),
        ("simswap_Fake", "DF40/simswap/cdf/frames", "id0_id1_0000", ["celeb_df:id0", "celeb_df:id1"], "simswap"),
        ("simswap_Real", f"{FF}/original_sequences/youtube/c23/frames", "000", ["faceforensics:000"], ""),
        ("heygen_Real", "DF40/heygen/real", "0003", ["bench:0003"], ""),
    ],
)
def test_labels_and_names_of_known_data_sets(
    tmp_path: Path, label: str, folder: str, video: str, identities: list[str], method: str
) -> None:
    listed = {"set": {label: {"test": {video: record(label, f"{folder}/{video}")}}}}
    (row,) = read(tree(tmp_path, listed)).values()
    assert known(row) == fact(int(bool(method)), identities, method=method, split="test", kind="faces")


def test_a_fake_finds_its_real_in_every_data_set_that_names_it(tmp_path: Path) -> None:
    pairs = {
        ("CelebDFv2_real", "CelebDFv2_fake"): ("id0_0000", "id0_id1_0000"),
        ("DFD_real", "DFD_fake"): ("24__kitchen", "24_23__kitchen__YR5OVD4S"),
        ("UADFV_Real", "UADFV_Fake"): ("0001", "0001_fake"),
    }
    for number, ((real, fake), (first, second)) in enumerate(pairs.items()):
        listed = {
            "set": {label: {"test": {n: record(label, f"{label}/{n}")}} for label, n in ((real, first), (fake, second))}
        }
        rows = read(tree(tmp_path / str(number), listed))
        assert rows[f"{fake}/{second}"]["pair"] == f"bench/{real}/{first}"


def test_videos_in_several_splits_go_to_the_best_guarded_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, three = (record("UADFV_Real", n) for n in ("one", "two", "three"))
    splits = {"train": {"one": one, "two": two, "three": three}, "val": {"one": one, "two": two}, "test": {"one": one}}
    rows = read(tree(tmp_path, {"UADFV": {"UADFV_Real": splits}}))
    assert {path: row["split"] for path, row in rows.items()} == {"one": "test", "two": "val", "three": "train"}
    assert "2 videos stand in several splits" in capsys.readouterr().err


def test_a_list_that_repeats_all_splits_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    videos = {"one": record("UADFV_Real", "one")}
    rows = read(tree(tmp_path, {"UADFV": {"UADFV_Real": dict.fromkeys(("train", "val", "test"), videos)}}))
    assert rows["one"]["split"] is None
    assert "so there is no official split" in capsys.readouterr().err


def test_the_record_without_a_name_in_dfdc_is_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = {"DFDC": {"DFDC_Real": {"test": {"a": record("DFDC_Real", "a")}, "val": record("DFDC_Real", "a")}}}
    assert read(tree(tmp_path, listed))["a"]["split"] == "test"
    assert "`val` holds one record without a name" in capsys.readouterr().err


def test_paths_from_the_authors_machine_need_a_prefix(tmp_path: Path) -> None:
    listed = {"set": {"e4e_Fake": {"test": {"1": record("e4e_Fake", "e4e/1")}}}}
    root = tree(tmp_path, listed)
    text = json.dumps(listed).replace('"e4e/1', '"/Somewhere/datasets/e4e/1')
    (root / "list.json").write_text(text)
    with pytest.raises(
        LayoutError, match=r"`1`: the path `/Somewhere/datasets/e4e/1/000\.png` must lie below the root"
    ):
        read(root)
    assert set(read(root, prefix="/Somewhere/datasets")) == {"e4e/1"}
    (root / "list.json").write_text(text.replace("/Somewhere/", "./"))
    assert set(read(root, prefix="datasets/")) == {"e4e/1"}


def test_single_pictures_of_one_folder_are_videos(tmp_path: Path) -> None:
    videos = {n: record("e4e_Fake", "e4e/inversions", (f"{n}.jpg",)) for n in ("1", "2")}
    rows = read(tree(tmp_path, {"e4e": {"e4e_Fake": {"test": videos}}}))
    assert {path: (row["video"], row["frames"]) for path, row in rows.items()} == {
        "e4e/inversions/1.jpg": ("bench/e4e/inversions/1.jpg", 1),
        "e4e/inversions/2.jpg": ("bench/e4e/inversions/2.jpg", 1),
    }


def test_a_partial_download_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path, official())
    for path in (root / NT / "071_054").iterdir():
        path.unlink()
    (root / TARGET / "000" / "012.png").unlink()
    plant_pictures(root, [f"{TARGET}/003/999.png"], size=8)
    rows = read(root, compression="c23")
    assert len(rows) == 4
    said = capsys.readouterr().err
    assert f"the pictures of 1 of 5 videos are not there: {NT}/071_054" in said
    assert "1 listed pictures of other videos are not there either" in said
    assert f"1 folders hold pictures that the list does not name; they are read too: {TARGET}/003" in said


# Bad input ----------------------------------------------------------------------------------------------------------


def bad(**changed: Any) -> dict[str, Any]:
    """Make a list of three good videos and what a test adds to the reals of test."""
    good = {"train": {"a": record("x_Real", "r/a")}, "test": {"b": record("x_Real", "r/b")}}
    good["test"] |= changed.pop("videos", {})
    return {"set": {"x_Real": good | changed, "x_Fake": {"test": {"c": record("x_Fake", "f/c")}}}}


@pytest.mark.parametrize(
    ("rule", "listed", "message"),
    [
        ("row", bad(videos={"v": {"frames": ["r/v/1.png"]}}), '`test`.`v`: should have "label", a text, and "frames"'),
        ("row", bad(videos={"v": {"label": "x_Real"}}), '`v`: should have "label"'),
        ("row", bad(videos={"v": {"label": "x_Real", "frames": "r/v/1.png"}}), '`v`: should have "label"'),
        ("row", bad(videos={"v": {"label": "x_Real", "frames": [1]}}), '`v`: should have "label"'),
        ("row", bad(videos={"v": ["r/v/1.png"]}), '`v`: should have "label"'),
        ("row", bad(validation={}), "`x_Real`.`validation`: not a split; those are test, val, train"),
        ("row", bad(val=[]), "`x_Real`.`val`: should be a mapping of videos, not list"),
        (
            "row",
            bad(videos={"v": {"label": "x_Real", "frames": ["r/v/1.png", "r/w/2.png"]}}),
            "`v`: pictures of one video lie in several folders: r/v, r/w",
        ),
        (
            "row",
            bad(videos={"v": record("x_Real", "r/b", ("1.png", "2.png"))}),
            "`v`: `r/b` holds the pictures of another video too: .*`test`.`b`",
        ),
        ("label", bad(videos={"v": record("x_Fake", "r/v")}), "`v`: says `x_Fake`, but stands under `x_Real`"),
        ("duplicate", bad(videos={"v": record("x_Real", "r/b")}), "`v`: has the same pictures as .*`test`.`b`"),
        ("path", bad(videos={"v": record("x_Real", "../v")}), r"`v`: the path `\.\./v/000\.png` must lie below"),
        ("path", bad(videos={"v": record("x_Real", "/v")}), "`v`: the path `/v/000.png` must lie below"),
        ("path", bad(videos={"v": record("x_Real", "C:\\v")}), "must lie below"),
        ("label", {"set": bad()["set"] | {"other": {}}}, "`other`: not a label of DeepfakeBench, such as FF-DF"),
        (
            "label",
            {"set": bad()["set"] | {"y_Fake": {"test": {"b": record("y_Fake", "r/b")}}}},
            "`y_Fake`.`test`.`b`: has the same pictures as .*`x_Real`.`test`.`b`",
        ),
    ],
)
def test_what_is_not_so_is_named_or_counted(
    tmp_path: Path, rule: str, listed: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = write(plant_pictures(tmp_path / "raw", pictures_of(bad()), size=8), {"list.json": listed})
    with pytest.raises(LayoutError, match=message) as caught:
        read(root)
    assert f"tolerate: [{rule}]" in str(caught.value)
    assert "list.json, `" in str(caught.value)
    rows = read(root, tolerate=[rule])
    assert {path: row["label"] for path, row in rows.items()} == {"r/a": 0, "r/b": 0, "f/c": 1}
    assert f"left out by `tolerate: [{rule}]`" in capsys.readouterr().err


def test_half_written_lists_and_wrong_choices_are_named(tmp_path: Path) -> None:
    root = tree(tmp_path, official())
    with pytest.raises(
        LayoutError, match=r"`test` has c23; the layout's option `compression` must choose one|has c23, c40"
    ):
        read(root)
    with pytest.raises(LayoutError, match=r"has the data sets FaceForensics\+\+; the option `dataset` must name one"):
        read(root, dataset="other")
    write(root, {"list.json": official() | {"more": {}}})
    with pytest.raises(LayoutError, match=r"has the data sets FaceForensics\+\+, more; the option `dataset`"):
        read(root, compression="c23")
    text = json.dumps(official())
    write(root, {"list.json": text[: len(text) // 2]})
    with pytest.raises(LayoutError, match=r"list\.json, line 1, column \d+: this is not whole JSON"):
        read(root, compression="c23")
    write(root, {"list.json": "[]"})
    with pytest.raises(LayoutError, match=r"list\.json: should be a mapping of data sets, not list"):
        read(root)
    write(root, {"list.json": '{"set": {"x_Real": {"test": {"a": 1, "a": 2}}}}'})
    with pytest.raises(LayoutError, match="key `a`: the key stands there twice"):
        read(root)
    with pytest.raises(LayoutError, match=r"other\.json is missing"):
        read(root, file="other.json")
    write(root, {"list.json": bad()})
    with pytest.raises(LayoutError, match=r"none of its 3 videos is below .*the first should be in `r/a`.*`prefix`"):
        read(root)
    for file in ("list.txt", "/list.json", "../list.json"):
        with pytest.raises(ValidationError, match=r"must be a path below the corpus' root that ends in \.json"):
            Corpora.model_validate({"bench": {"layout": "deepfakebench", "file": file}})


# Written and read back ----------------------------------------------------------------------------------------------

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
    common = {"face": 0, "status": "ok", "pair": None, "track": 0, "weight": 1.0}
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
