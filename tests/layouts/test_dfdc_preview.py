"""DFDC Preview: dataset.json against names and folders, and every contradiction is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError

REAL_1 = "original_videos/1003254/1003254_A_001.mp4"
REAL_2 = "original_videos/1003254/1003254_A_002.mp4"
REAL_3 = "original_videos/643049/643049_H_001.mp4"
FAKE_A = "method_A/1003254/1003254_A/1255229_1003254_A_001.mp4"
FAKE_B = "method_B/1260311/1260311_C/1255229_1260311_C_001.mp4"


def entry(label: str, split: str, target: object, swapped: object, *augmentations: object) -> Row:
    ids = {"target_id": target, "swapped_id": swapped}
    return {"label": label, "set": split, "augmentations": list(augmentations)} | ids


LISTED = {
    REAL_1: entry("real", "train", 1003254, None),
    REAL_2: entry("real", "train", 1003254, None, "fps"),
    REAL_3: entry("real", "test", "643049", None),
    FAKE_A: entry("fake", "train", 1003254, 1255229, "resolution", {"quality": 3}),
    FAKE_B: entry("fake", "test", 1260311, 1255229),
}


def of(prefix: str = "") -> dict[str, Row]:
    def name(identity: str) -> str:
        return f"dfdc_preview:{identity}"

    def said(text: str) -> Row:
        return {"attributes": {"augmentations": text}}

    ours, theirs = {"sources": [name("1003254_A")]}, {"sources": [name("1260311_C")]}
    return {
        prefix + REAL_1: fact(0, [name("1003254")], split="train", **ours),
        prefix + REAL_2: fact(0, [name("1003254")], split="train", **ours, **said("fps")),
        prefix + REAL_3: fact(0, [name("643049")], split="test", sources=[name("643049_H")]),
        prefix + FAKE_A: fact(
            1, [name("1003254"), name("1255229")], method="A", split="train", **ours,
            pair=f"p/{prefix}original_videos/1003254/1003254_A_001", **said('resolution;{"quality": 3}'),
        ),
        # The clip that it was made from is not listed.
        prefix + FAKE_B: fact(1, [name("1260311"), name("1255229")], method="B", split="test", **theirs),
    }  # fmt: skip


def read(root: Path, **options: Any) -> dict[str, Row]:
    return {path: known(row) for path, row in run(root, "p", layout="dfdc_preview", **options).items()}


def tree(root: Path, listed: object = LISTED, prefix: str = "") -> Path:
    return write(plant(root, [prefix + path for path in LISTED]), {f"{prefix}dataset.json": listed})


@pytest.mark.parametrize("prefix", ["", "dfdc_preview_set/"])
def test_official_form(tmp_path: Path, prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(tree(tmp_path / "raw", prefix=prefix)) == of(prefix)
    assert "real 3 of 1,131; fake 2 of 4,119; train 3 of 4,464; test 2 of 780." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "change", "rule", "message"),
    [
        (FAKE_A, {"label": "FAKE"}, "row", "`label` should be real or fake"),
        (FAKE_A, {"set": "val"}, "row", "`set` train or test"),
        (FAKE_A, {"augmentations": "fps"}, "row", "`augmentations` a list"),
        (FAKE_A, {"label": "real"}, "label", "the label is real, but videos in this folder are fake"),
        (REAL_1, {"label": "fake"}, "label", "the label is fake, but videos in this folder are real"),
        (FAKE_A, {"swapped_id": 1260311}, "row", "the ids are 1003254, 1260311, but the name says 1003254, 1255229"),
        (REAL_3, {"target_id": None}, "row", "the ids are none, but the name says 643049"),
        (REAL_3, {"swapped_id": 1255229}, "row", "the ids are 1255229, 643049, but the name says 643049"),
    ],
)
def test_entries_out_of_form(tmp_path: Path, path: str, change: Row, rule: str, message: str) -> None:
    root = tree(tmp_path / "raw", LISTED | {path: LISTED[path] | change})
    with pytest.raises(LayoutError, match=rf"dataset\.json, key `{path}`: .*") as error:
        read(root)
    assert error.match(message)
    assert read(root, tolerate=[rule]).keys() == of().keys() - {path}


@pytest.mark.parametrize(
    ("path", "rule", "message"),
    [
        ("../x.mp4", "path", "must lie below the root"),
        ("/x.mp4", "path", "must lie below the root"),
        ("original_videos/643049/1003254_A_001.mp4", "name", "paths are original_videos/<id>/<id>_<letter>_<NNN>"),
        ("method_A/1003254/1003254_A/1255229_1003254_B_001.mp4", "name", "or method_<A or B>/<target>"),
        ("method_C/1003254/1003254_A/1255229_1003254_A_001.mp4", "name", "or method_<A or B>/<target>"),
        ("method_A/1003254/1003254_A/1003254_A_001.mp4", "name", "or method_<A or B>/<target>"),
    ],
)
def test_paths_out_of_form(tmp_path: Path, path: str, rule: str, message: str) -> None:
    root = tree(tmp_path / "raw", LISTED | {path: LISTED[FAKE_A]})
    if rule == "name":
        plant(root, [path])
    with pytest.raises(LayoutError, match=message):
        read(root)
    assert read(root, tolerate=[rule]) == of()


def test_list_out_of_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path / "raw")
    file, text = root / "dataset.json", json.dumps(LISTED, indent=1)
    file.write_text(text[: len(text) // 2])
    with pytest.raises(LayoutError, match=r"dataset\.json, line \d+, column \d+: this is not whole JSON"):
        read(root)
    file.write_text(text.replace(REAL_2, REAL_1))
    with pytest.raises(LayoutError, match="the key stands there twice"):
        read(root)
    file.write_text(json.dumps({path: row for path, row in LISTED.items() if path != REAL_3}))
    with pytest.raises(LayoutError, match=rf"{REAL_3}: .*dataset\.json does not list this video"):
        read(root)
    assert read(root, tolerate=["listed"]).keys() == of().keys() - {REAL_3}
    file.unlink()
    with pytest.raises(LayoutError, match=r"dataset\.json is missing"):
        read(root)


def test_partial_download(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path / "raw")
    (root / FAKE_B).unlink()
    assert read(root).keys() == of().keys() - {FAKE_B}
    assert f"lists 1 videos that are not there: {FAKE_B}" in capsys.readouterr().err
    for path in LISTED.keys() - {FAKE_B}:
        (root / path).unlink()
    with pytest.raises(LayoutError, match=r"holds none of the videos that dataset\.json lists"):
        read(root)
