"""Celeb-DF++: three categories of methods on the videos of Celeb-DF v2, and everything that is not so is named."""

from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError
from unmask.index.layouts.celeb_df_pp import METHODS, OLD

FAKE = "Celeb-synthesis"
LIST = [
    *("1 YouTube-real/00170.mp4", "1 Celeb-real/id1_0000.mp4", f"0 {FAKE}/FaceSwap/Celeb-DF/id1_id0_0000.mp4"),
    *(f"0 {FAKE}/FaceReenact/DaGAN/id3_id28_0001.mp4", f"0 {FAKE}/TalkingFace/IP_LAP/id0_0001_test_00042.mp4"),
]


def swap(method: str, category: str, target: str, source: str, clip: str, split: str | None = None) -> Row:
    people, pair = [f"celeb_df:{target}", f"celeb_df:{source}"], f"pp/Celeb-real/{target}_{clip}"
    return fact(1, people, method=method, pair=pair, split=split, attributes={"category": category})


def talk(method: str, target: str, clip: str, split: str | None = None) -> Row:
    words: Row = {"pair": f"pp/Celeb-real/{target}_{clip}", "attributes": {"category": "TalkingFace"}}
    return fact(1, [f"celeb_df:{target}"], method=method, split=split, **words)


FACTS = {
    "Celeb-real/id0_0001.mp4": fact(0, ["celeb_df:id0"]),
    "Celeb-real/id1_0000.mp4": fact(0, ["celeb_df:id1"], split="test"),
    "YouTube-real/00170.mp4": fact(0, ["celeb_df:youtube-00170"], split="test"),
    # The old fakes keep the name of their method, whatever the folder is called.
    f"{FAKE}/FaceSwap/Celeb-DF/id1_id0_0000.mp4": swap(FAKE, "FaceSwap", "id1", "id0", "0000", "test"),
    f"{FAKE}/FaceSwap/Celeb-DF-v2/id2_id0_0000.mp4": swap(FAKE, "FaceSwap", "id2", "id0", "0000"),
    f"{FAKE}/FaceSwap/BlendFace/id1_id0_0000.mp4": swap("BlendFace", "FaceSwap", "id1", "id0", "0000"),
    f"{FAKE}/FaceReenact/DaGAN/id3_id28_0001.mp4": swap("DaGAN", "FaceReenact", "id3", "id28", "0001", "test"),
    f"{FAKE}/FaceReenact/LivePortrait/id3_id28_0001.mp4": swap("LivePortrait", "FaceReenact", "id3", "id28", "0001"),
    f"{FAKE}/TalkingFace/IP_LAP/id0_0001_test_00042.mp4": talk("IP_LAP", "id0", "0001", "test"),
    f"{FAKE}/TalkingFace/SadTalker/id0_0001_test_00042.mp4": talk("SadTalker", "id0", "0001"),
}


def tree(root: Path, *lines: str, names: list[str] | None = None) -> Path:
    write(root / "raw", {"List_of_testing_videos.txt": "".join(f"{line}\n" for line in (*LIST, *lines))})
    return plant(root / "raw", [*FACTS, *(names or [])])


def read(root: Path, **options: Any) -> dict[str, Row]:
    return run(root, "pp", layout="celeb_df_pp", **options)


def test_official_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(tree(tmp_path))
    assert {path: known(row) for path, row in rows.items()} == FACTS
    assert rows[f"{FAKE}/FaceReenact/DaGAN/id3_id28_0001.mp4"]["video"] == f"pp/{FAKE}/FaceReenact/DaGAN/id3_id28_0001"
    said = capsys.readouterr().err
    assert "Celeb-real 2 of 590; YouTube-real 1 of 300; Celeb-synthesis 7 of 53,196; test list 5 of 5,418." in said


def test_there_are_22_methods() -> None:
    assert {category: len(names) for category, names in METHODS.items()} == {
        "FaceSwap": 8 + len(OLD) - 1,
        "FaceReenact": 7,
        "TalkingFace": 7,
    }


@pytest.mark.parametrize(
    "name",
    [
        f"{FAKE}/id1_id0_0000.mp4",
        f"{FAKE}/FaceSwap/id1_id0_0000.mp4",
        f"{FAKE}/FaceSwap/NewMethod/id1_id0_0000.mp4",
        f"{FAKE}/TalkingFace/BlendFace/id0_0001_test_00042.mp4",
        f"{FAKE}/TalkingFace/SadTalker/id0_id1_0001.mp4",
        f"{FAKE}/FaceReenact/LIA/id0_0001_test_00042.mp4",
        "Celeb-real/id0.mp4",
    ],
)
def test_names_out_of_form(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path, names=[name])
    with pytest.raises(LayoutError, match=rf"{name}: videos in {name.split('/')[0]} are named .*<NNNN>"):
        read(root)
    assert {path: known(row) for path, row in read(root, tolerate=["name"]).items()} == FACTS
    assert "1 left out by `tolerate: [name]`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        (f"1 {FAKE}/FaceSwap/UniFace/id0_id1_0000.mp4", "label", r"line 6: says 1, .* Celeb-synthesis are fake \(0\)"),
        (f"0 {FAKE}/../Celeb-real/id0_0000.mp4", "path", "line 6: the path .* must lie below the root"),
        (f"{FAKE}/FaceSwap/UniFace/id0_id1_0000.mp4", "row", "line 6: .* should be 1"),
        (LIST[3], "duplicate", "line 6: .* stands there twice"),
    ],
)
def test_list_out_of_form(tmp_path: Path, line: str, rule: str, message: str) -> None:
    root = tree(tmp_path, line)
    with pytest.raises(LayoutError, match=message):
        read(root)
    out = line.split()[-1] if rule == "label" else None
    expected = {path: what for path, what in FACTS.items() if path != out}
    assert {path: known(row) for path, row in read(root, tolerate=[rule]).items()} == expected
