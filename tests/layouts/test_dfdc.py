"""DFDC: parts with metadata.json, labelled sets, and every contradiction in the labels is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError

A, B, C, D, E, F, G = ["aagfhgtpmv", "abarnvbtwb", "vudstovrck", "aaqaifqrwn", "zzxireqbdi", "owxbbpjpch", "bgvhtpzknn"]
P0, P12 = "dfdc_train_part_0", "dfdc_train_part_12"


def real() -> Row:
    return {"label": "REAL", "split": "train"}


def forged(original: str) -> Row:
    return {"label": "FAKE", "split": "train", "original": f"{original}.mp4"}


def mp4(**rows: Row) -> Row:
    return {f"{name}.mp4": row for name, row in rows.items()}


PARTS = {
    f"{P0}/metadata.json": mp4(**{A: forged(C), B: real() | {"original": None}, C: real(), D: forged(C)}),
    f"{P12}/metadata.json": mp4(**{E: forged(F), F: real()}),
}
TEST = "filename,label\naalscayrfi.mp4,0\naaoqanfmgd.mp4,1\n"
VIDEOS = [*(f"{P0}/{name}.mp4" for name in (A, B, C, D)), f"{P12}/{E}.mp4", f"{P12}/{F}.mp4"]
TESTED = ["test/aalscayrfi.mp4", "test/aaoqanfmgd.mp4"]
VALIDATED = ["validation/0000.mp4", "validation/0001.mp4"]


def part(label: int, number: int, folder: str, clip: str) -> Row:
    words: Row = {"method": "dfdc", "pair": f"d/{folder}/{clip}"} if label else {}
    own: Row = {"cluster": f"dfdc:{clip}", "sources": [f"dfdc:{clip}"], "attributes": {"part": str(number)}}
    return fact(label, [f"dfdc:part_{number}"], split="train", **own, **words)


def lone(label: int, name: str, split: str, **words: Any) -> Row:
    method = "dfdc" if label else ""
    return fact(label, [f"dfdc:{name}"], split=split, method=method, sources=[f"dfdc:{name}"], **words)


def facts(place: str = "") -> dict[str, Row]:
    zero, twelve = f"{place}{P0}", f"{place}{P12}"
    return {
        f"{zero}/{A}.mp4": part(1, 0, zero, C),
        f"{zero}/{B}.mp4": part(0, 0, zero, B),
        f"{zero}/{C}.mp4": part(0, 0, zero, C),
        f"{zero}/{D}.mp4": part(1, 0, zero, C),
        f"{twelve}/{E}.mp4": part(1, 12, twelve, F),
        f"{twelve}/{F}.mp4": part(0, 12, twelve, F),
    }


def tree(root: Path, place: str = "") -> Path:
    write(root, {f"{place}{name}": content for name, content in PARTS.items()})
    return plant(root, [f"{place}{name}" for name in VIDEOS])


def read(root: Path, **options: Any) -> dict[str, Row]:
    return {path: known(row) for path, row in run(root, "d", layout="dfdc", **options).items()}


def test_official_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write(plant(tree(tmp_path / "raw"), [*TESTED, *VALIDATED]), {"test/labels.csv": TEST})
    write(root, {"validation/labels.csv": "filename,label\n0000.mp4,1\n0001.mp4,0\n"})
    assert read(root) == facts() | {
        TESTED[0]: lone(0, "aalscayrfi", "test"),
        TESTED[1]: lone(1, "aaoqanfmgd", "test"),
        VALIDATED[0]: lone(1, "0000", "val"),
        VALIDATED[1]: lone(0, "0001", "val"),
    }
    said = capsys.readouterr().err
    assert "parts 2 of 50; train real 3 of 19,154; train fake 3 of 100,000; validation 2 of 4,000; test 2 of" in said


def test_parts_in_train_and_in_folders_of_their_archives(tmp_path: Path) -> None:
    assert read(tree(tmp_path / "raw", "train/")) == facts("train/")
    root = tmp_path / "zips"
    write(root, {"dfdc_train_part_00/dfdc_train_part_0/metadata.json": PARTS[f"{P0}/metadata.json"]})
    plant(root, [f"dfdc_train_part_00/{name}" for name in VIDEOS[:4]])
    place = f"dfdc_train_part_00/{P0}"
    assert read(root)[f"{place}/{A}.mp4"] == part(1, 0, place, C)


def test_metadata_of_the_test_set(tmp_path: Path) -> None:
    told = {"aalscayrfi.mp4": {"is_fake": 0}, "aaoqanfmgd.mp4": {"is_fake": 1, "augmentations": {"blur": 3, "dog": {}}}}
    found = {TESTED[0]: lone(0, "aalscayrfi", "test"),
             TESTED[1]: lone(1, "aaoqanfmgd", "test", attributes={"augmentations": "blur;dog"})}  # fmt: skip
    root = write(plant(tmp_path / "raw", TESTED), {"test/metadata.json": told})
    assert read(root) == found
    # Both files, with a byte order mark; they must agree.
    assert read(write(root, {"test/label.csv": "\ufeff" + TEST})) == found
    write(root, {"test/label.csv": TEST.replace("aaoqanfmgd.mp4,1", "aaoqanfmgd.mp4,0")})
    with pytest.raises(LayoutError, match=r"metadata\.json, key `aaoqanfmgd\.mp4`: says 1, but .*label\.csv says 0"):
        read(root)
    assert read(root, tolerate=["label"]).keys() == {TESTED[0]}


def test_videos_in_a_folder_of_the_test_set(tmp_path: Path) -> None:
    root = plant(tmp_path / "raw", ["test/videos/aalscayrfi.mp4", "test/videos/aaoqanfmgd.mp4"])
    rows = read(write(root, {"test/labels.csv": TEST}))
    assert {path: row["label"] for path, row in rows.items()} == {
        "test/videos/aalscayrfi.mp4": 0,
        "test/videos/aaoqanfmgd.mp4": 1,
    }


@pytest.mark.parametrize(
    ("name", "row", "rule", "message"),
    [
        (A, [], "row", "key `aagfhgtpmv.mp4`: the value should be an object"),
        (A, real() | {"label": "fake"}, "row", "`label` should be REAL or FAKE, and `split` train"),
        (A, real() | {"label": ["FAKE"]}, "row", "`label` should be REAL or FAKE"),
        (A, forged(C) | {"split": "test"}, "row", "`split` train"),
        (A, {"label": "FAKE", "split": "train"}, "row", "a fake should name its `original`"),
        (A, forged(C) | {"label": "REAL"}, "label", "the label is REAL, but there is an original, `vudstovrck.mp4`"),
        (A, forged(D), "label", r"the original `aaqaifqrwn\.mp4` is a fake itself"),
        (A, forged(F), "listed", r"the original `owxbbpjpch\.mp4` is not in this file; .* of the same part"),
        (G, real(), None, "lists 1 videos that are not there: dfdc_train_part_0/bgvhtpzknn.mp4"),
    ],
)
def test_entries_out_of_form(
    tmp_path: Path, name: str, row: object, rule: str | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tree(tmp_path / "raw")
    changed = PARTS[f"{P0}/metadata.json"] | {f"{name}.mp4": row}
    write(root, {f"{P0}/metadata.json": changed})
    left = {path for path in facts() if name not in path}
    if rule is None:
        assert read(root).keys() == left
        assert message in capsys.readouterr().err
        return
    with pytest.raises(LayoutError, match=rf"{P0}/metadata\.json, key `{name}\.mp4`: .*") as error:
        read(root)
    assert error.match(message)
    # What is out of form in the list is no video, and then the file is one that nobody lists.
    also = ["listed"] if rule == "row" and not isinstance(row, dict) else []
    assert read(root, tolerate=[rule, *also]).keys() == left
    assert f"1 left out by `tolerate: [{rule}]`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "rule", "message"),
    [
        ("../other.mp4", "path", r"key `\.\./other\.mp4`: the path .* must lie below the root"),
        ("/etc/other.mp4", "path", "must lie below the root"),
        ("C:\\other.mp4", "path", "must lie below the root"),
        ("other.avi", "name", r"videos are named <10 letters>\.mp4"),
        ("sub/aagfhgtpmv.mp4", "name", r"videos are named <10 letters>\.mp4"),
    ],
)
def test_names_in_metadata(tmp_path: Path, name: str, rule: str, message: str) -> None:
    root = tree(tmp_path / "raw")
    write(root, {f"{P0}/metadata.json": PARTS[f"{P0}/metadata.json"] | {name: real()}})
    with pytest.raises(LayoutError, match=message):
        read(root)
    assert read(root, tolerate=[rule]) == facts()


def test_half_written_and_doubled_metadata(tmp_path: Path) -> None:
    root = tree(tmp_path / "raw")
    file = root / P0 / "metadata.json"
    text = json.dumps(PARTS[f"{P0}/metadata.json"], indent=1)
    file.write_text(text[:-20])
    with pytest.raises(LayoutError, match=r"part_0/metadata\.json, line \d+, column \d+: this is not whole JSON"):
        read(root)
    file.write_text(text.replace(B, A))
    with pytest.raises(LayoutError, match=rf"metadata\.json, key `{A}\.mp4`: the key stands there twice"):
        read(root)
    assert read(root, tolerate=["duplicate", "listed"]).keys() == facts().keys() - {f"{P0}/{B}.mp4"}
    file.write_text("[]")
    with pytest.raises(LayoutError, match="should be one JSON object"):
        read(root)
    file.unlink()
    with pytest.raises(LayoutError, match=r"metadata\.json is missing; every part comes with it"):
        read(root)


@pytest.mark.parametrize(
    ("text", "rule", "message"),
    [
        (TEST.replace(",1", ",FAKE"), "row", "line 3: the label `FAKE` should be 0"),
        (TEST.replace(",1", ""), "row", "line 3: 1 cells, but there are 2 columns"),
        (TEST.replace(",1", ",1,more"), "row", "line 3: 3 cells"),
        (TEST + "aalscayrfi.mp4,1\n", "duplicate", r"line 4: aalscayrfi\.mp4 stands there twice"),
        (TEST + "../x.mp4,1\n", "path", "line 4: the path .* must lie below the root"),
        (TEST + "x.avi,1\n", "name", r"line 4: `x\.avi` should be the name of a video"),
        (TEST.replace("filename,label", "filename,label,note").replace(",0", ",0,").replace(",1", ",1,"), "row",
         "line 1: the column `note` should not be there; its columns should be `filename`, `label`"),
        (TEST.replace("aaoqanfmgd", "bbbbbbbbbb"), "listed", r"test/aaoqanfmgd\.mp4: .*labels\.csv does not list"),
        (TEST.replace("label\n", "class\n"), None, "line 1: there is no column `label`"),
        ("", None, "line 1: there is no column `filename`"),
        ('filename,label\n"aalscayrfi.mp4,0\n', None, "is not a CSV file"),
    ],
)  # fmt: skip
def test_labels_out_of_form(tmp_path: Path, text: str, rule: str | None, message: str) -> None:
    root = write(plant(tmp_path / "raw", TESTED), {"test/labels.csv": text})
    with pytest.raises(LayoutError, match=message):
        read(root)
    if rule is not None:
        assert TESTED[0] in read(root, tolerate=[rule, "listed"])


def test_labels_that_are_missing_or_no_text(tmp_path: Path) -> None:
    root = plant(tmp_path / "raw", TESTED)
    with pytest.raises(LayoutError, match=r"test has videos, but neither labels\.csv nor metadata\.json"):
        read(root)
    (root / "test" / "labels.csv").write_bytes(b"filename,label\n\xff.mp4,1\n")
    with pytest.raises(LayoutError, match="is not a CSV file in UTF-8"):
        read(root)


def test_parts_out_of_form(tmp_path: Path) -> None:
    root = tree(tmp_path / "raw")
    plant(root, [f"{P0}/{G}.mp4"])
    with pytest.raises(LayoutError, match=rf"{G}\.mp4: .*metadata\.json does not list this video"):
        read(root)
    assert read(root, tolerate=["listed"]) == facts()
    (root / P0 / f"{G}.mp4").unlink()
    (root / "dfdc_train_part_extra").mkdir()
    with pytest.raises(LayoutError, match=r"part_extra: parts are named dfdc_train_part_<N>"):
        read(root)
    (root / "dfdc_train_part_extra").rmdir()
    plant(root, [f"train/dfdc_train_part_00/{G}.mp4"])
    with pytest.raises(LayoutError, match=r"train/dfdc_train_part_00: part 0 is .*/dfdc_train_part_0 too"):
        read(root)
    assert read(root, tolerate=["duplicate"]) == facts()


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="holds no videos in dfdc_train_part_<N>, train/, validation or test"):
        read(plant(tmp_path / "raw", ["train_sample_videos/aagfhgtpmv.mp4"]))
