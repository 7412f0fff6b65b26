"""Deepfake-Eval-2024: what is Unknown is counted and left out, and everything out of form is named."""

from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run, write

from unmask.errors import LayoutError

FILE, LINKS = "video-metadata-publish.csv", "video-metadata-publish-with-links.csv"
HEADER = "Filename,Date,Video Ground Truth,Audio Ground Truth,Public Comments,Finetuning Set"
LINES = [
    "oU0MuTlffWBW8HzTdz78Z0XkiYw.mp4,2024-11-14,Fake,Unknown,lip sync is off,train",
    '-QVbWlwGqPkhOTrOkdYjuFyyNh4.mp4,2024-11-14,Unknown,Unknown,"no ""source"",\nfound",test',
    "N5cLQEZoxDfUq7lBNfU4wq6VcLI.mp4,2024-11-13,Real,Fake,,train",
    "_3WXFdNlJ_FNF_IkvCNC6RKXrrk.mp4,2024-11-11,Fake,Fake,,test",
]
NAMES = [f"video-data/{line.partition(',')[0]}" for line in LINES]


def of(number: int) -> Row:
    name, date, video, audio = LINES[number].split(",")[:4]
    words: Row = {"method": "unknown" if video == "Fake" else "", "split": LINES[number].rpartition(",")[2]}
    identity = f"deepfake_eval_2024:{name.removesuffix('.mp4')}"
    return fact(int(video == "Fake"), [identity], attributes={"audio": audio.lower(), "date": date}, **words)


ALL = {NAMES[number]: of(number) for number in (0, 2, 3)}


def table(*lines: str, header: str = HEADER) -> str:
    return "\n".join((header, *(lines or LINES))) + "\n"


def tree(root: Path, *lines: str) -> Path:
    # Sound and images come in folders of their own.
    return write(plant(root, NAMES), {FILE: table(*lines), "audio-metadata-publish.csv": "", "audio-data/a.mp3": ""})


def read(root: Path, **options: Any) -> dict[str, Row]:
    return {path: known(row) for path, row in run(root, "eval", layout="deepfake_eval_2024", **options).items()}


def test_official_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read(tree(tmp_path / "raw")) == ALL
    said = capsys.readouterr().err
    assert "1 of 4 videos are Unknown, neither real nor fake, and are left out" in said
    assert "videos 4 of 2,036; train 2 of 1,221; test 2 of 815." in said


def test_list_with_links(tmp_path: Path) -> None:
    root = tree(tmp_path / "raw")
    (root / FILE).unlink()
    links = table(*(f"{line},https://example.org/{n}" for n, line in enumerate(LINES)), header=f"\ufeff{HEADER},Link")
    assert read(write(root, {LINKS: links})) == ALL
    (root / LINKS).unlink()
    with pytest.raises(LayoutError, match=rf"{FILE} is missing; it or {LINKS} comes with the data set"):
        read(root)


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        (LINES[3].replace("Fake,Fake", "Maybe,Fake"), "row", "line 6: both Ground Truths should be Real, Fake or Unk"),
        (LINES[3].replace("Fake,Fake", "Fake,"), "row", "line 6: both Ground Truths"),
        (LINES[3].replace(",test", ",val"), "row", "the Finetuning Set train or test"),
        (LINES[3].replace(",test", ""), "row", "line 6: 5 cells, but there are 6 columns"),
        (LINES[3] + ",more", "row", "line 6: 7 cells"),
        (LINES[0], "duplicate", "line 6: video-data/oU0.* is listed twice, first in .*line 2"),
        ("../" + LINES[3], "path", "line 6: the path .* must lie below the root"),
        ("/" + LINES[3], "path", "must lie below the root"),
        (LINES[3][LINES[3].index(",") :], "path", "must lie below the root"),
        ("a/" + LINES[3], "name", "line 6: `a/_3WX.* should be the name of a file in video-data"),
    ],
)
def test_rows_out_of_form(tmp_path: Path, line: str, rule: str, message: str) -> None:
    root = tree(tmp_path / "raw", *LINES[:3], line)
    with pytest.raises(LayoutError, match=message):
        read(root, tolerate=["listed"])
    assert read(root, tolerate=["listed", rule]) == {path: row for path, row in ALL.items() if path != NAMES[3]}


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("Video Ground Truth", "Label"), "line 1: there is no column `Video Ground Truth`; its columns"),
        (HEADER.replace("Date,", "Date,More,"), "line 1: the column `More` should not be there; its columns"),
        (HEADER.replace("Date", "Filename"), "line 1: there is no column `Date`"),
        ("", "line 1: there is no column `Filename`"),
    ],
)
def test_columns_out_of_form(tmp_path: Path, header: str, message: str) -> None:
    root = write(tree(tmp_path / "raw"), {FILE: table(header=header)})
    with pytest.raises(LayoutError, match=message):
        read(root)


def test_an_extra_column_can_be_tolerated(tmp_path: Path) -> None:
    lines = [f"{line},x" for line in LINES]
    root = write(tree(tmp_path / "raw"), {FILE: table(*lines, header=f"{HEADER},More")})
    assert read(root, tolerate=["row"]) == ALL


def test_list_and_folder_that_disagree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path / "raw", *LINES[:3])
    with pytest.raises(LayoutError, match=rf"{NAMES[3]}: .*{FILE} does not list this video"):
        read(root)
    assert read(root, tolerate=["listed"]).keys() == ALL.keys() - {NAMES[3]}
    write(root, {FILE: table()})
    (root / NAMES[3]).unlink()
    assert read(root).keys() == ALL.keys() - {NAMES[3]}
    assert f"lists 1 videos that are not there: {NAMES[3]}" in capsys.readouterr().err
    for name in NAMES[:3]:
        (root / name).unlink()
    with pytest.raises(LayoutError, match=r"video-data holds no video that video-metadata-publish\.csv calls real"):
        read(root)
