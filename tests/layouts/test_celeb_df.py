"""Celeb-DF v1 and v2: the official form with its inverted list, and everything that is not so is named."""

from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError

FAKE = "Celeb-synthesis"
NAMES = [
    *("Celeb-real/id0_0000.mp4", "Celeb-real/id0_0001.mp4", "Celeb-real/id1_0000.mp4", "Celeb-real/id16_0000.mp4"),
    *("YouTube-real/00012.mp4", "YouTube-real/00170.mp4"),
    *(f"{FAKE}/id0_id1_0000.mp4", f"{FAKE}/id0_id16_0001.mp4", f"{FAKE}/id1_id0_0000.mp4"),
]
LIST = ["1 YouTube-real/00170.mp4", "1 Celeb-real/id1_0000.mp4", f"0 {FAKE}/id1_id0_0000.mp4"]
RULES = ["name", "row", "path", "label", "duplicate"]


def tree(root: Path, *lines: str, names: list[str] | None = None) -> Path:
    write(root / "raw", {"List_of_testing_videos.txt": "".join(f"{line}\n" for line in (*LIST, *lines))})
    return plant(root / "raw", [*NAMES, *(names or [])])


def read(root: Path, version: str = "v2", **options: Any) -> dict[str, Row]:
    return run(root, "celeb", layout="celeb_df", version=version, **options)


def swap(target: str, source: str, clip: str, split: str | None) -> Row:
    people = [f"celeb_df:{target}", f"celeb_df:{source}"]
    return fact(1, people, method=FAKE, pair=f"celeb/Celeb-real/{target}_{clip}", split=split)


FACTS = {
    "Celeb-real/id0_0000.mp4": fact(0, ["celeb_df:id0"]),
    "Celeb-real/id0_0001.mp4": fact(0, ["celeb_df:id0"]),
    "Celeb-real/id1_0000.mp4": fact(0, ["celeb_df:id1"], split="test"),
    "Celeb-real/id16_0000.mp4": fact(0, ["celeb_df:id16"]),
    "YouTube-real/00012.mp4": fact(0, ["celeb_df:youtube-00012"]),
    "YouTube-real/00170.mp4": fact(0, ["celeb_df:youtube-00170"], split="test"),
    f"{FAKE}/id0_id1_0000.mp4": swap("id0", "id1", "0000", None),
    f"{FAKE}/id0_id16_0001.mp4": swap("id0", "id16", "0001", None),
    f"{FAKE}/id1_id0_0000.mp4": swap("id1", "id0", "0000", "test"),
}


@pytest.mark.parametrize(
    ("version", "counts"),
    [
        ("v1", "Celeb-real 4 of 158; YouTube-real 2 of 250; Celeb-synthesis 3 of 795; test list 3 of 100."),
        ("v2", "Celeb-real 4 of 590; YouTube-real 2 of 300; Celeb-synthesis 3 of 5,639; test list 3 of 518."),
    ],
)
def test_official_form(tmp_path: Path, version: str, counts: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(tree(tmp_path), version)
    assert {path: known(row) for path, row in rows.items()} == FACTS
    assert counts in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        ("0 Celeb-real/id0_0000.mp4", "label", r"line 4: says 0, but videos in Celeb-real are real \(1\)"),
        ("1 Celeb-synthesis/id0_id1_0000.mp4", "label", r"line 4: says 1, but videos in Celeb-synthesis are fake \(0"),
        ("fake Celeb-real/id0_0000.mp4", "row", r"line 4: `fake Celeb-real/id0_0000\.mp4` should be 1 \(real\) or 0"),
        ("1 Other/id0_0000.mp4", "row", "line 4: .* path of a video in Celeb-real, YouTube-real, Celeb-synthesis"),
        ("1 Celeb-real/id0_00", "row", "line 4: `1 Celeb-real/id0_00` should be"),
        ("1", "row", "line 4: `1` should be"),
        ("1,Celeb-real/id0_0000.mp4", "row", "line 4: `1,Celeb-real"),
        ("1 ../Celeb-real/id0_0000.mp4", "path", r"line 4: the path `\.\./Celeb-real.*` must lie below the root"),
        ("1 /data/Celeb-real/id0_0000.mp4", "path", "line 4: the path `/data/.*` must lie below the root"),
        ("1 YouTube-real/00170.mp4", "duplicate", r"line 4: YouTube-real/00170\.mp4 stands there twice"),
    ],
)
def test_list_out_of_form(
    tmp_path: Path, line: str, rule: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tree(tmp_path, line)
    with pytest.raises(LayoutError, match=rf"List_of_testing_videos\.txt, {message}"):
        read(root, tolerate=[other for other in RULES if other != rule])
    out = line.split()[-1] if rule == "label" else None
    expected = {path: what for path, what in FACTS.items() if path != out}
    assert {path: known(row) for path, row in read(root, tolerate=[rule]).items()} == expected
    assert f"1 left out by `tolerate: [{rule}]`" in capsys.readouterr().err


def test_more_videos_than_the_version_has(tmp_path: Path) -> None:
    root = tree(tmp_path, names=[f"Celeb-real/id2_{n:04d}.mp4" for n in range(155)])
    with pytest.raises(LayoutError, match=r"Celeb-real holds 159 videos, but Celeb-DF v1 has 158 there; .*`version`"):
        read(root, "v1")
    assert len(read(root, "v2")) == len(NAMES) + 155


def test_listed_videos_that_are_absent_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read(tree(tmp_path, "1 Celeb-real/id9_0009.mp4", ""))
    assert "lists 1 videos that are not there: Celeb-real/id9_0009.mp4" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        *("Celeb-real/one.mp4", "Celeb-real/id0_id1_0000.mp4", "Celeb-real/videos/id0_0000.mp4"),
        *("Celeb-real/id0_0000.avi", "Celeb-synthesis/id0_0000.mp4", "YouTube-real/id0_0000.mp4"),
    ],
)
def test_names_out_of_form(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path, names=[name])
    with pytest.raises(LayoutError, match=f"{name}: videos in {name.split('/')[0]} are named <?"):
        read(root, tolerate=RULES[1:])
    assert {path: known(row) for path, row in read(root, tolerate=["name"]).items()} == FACTS
    assert "1 left out by `tolerate: [name]`" in capsys.readouterr().err


def test_list_is_needed(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"List_of_testing_videos\.txt is missing; the data set comes with it"):
        read(plant(tmp_path / "raw", NAMES))
