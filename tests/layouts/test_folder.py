"""Folder: real and fake at any depth."""

from pathlib import Path

import pytest
from plant import clip, fact, known, plant, run

from unmask.errors import LayoutError


def test_any_depth_and_known_suffixes(tmp_path: Path) -> None:
    names = ["real/a.mp4", "real/deep/er/b.MOV", "fake/c.webm", "fake/swap/a.mp4", "fake/swap/x/d.mkv"]
    root = plant(tmp_path / "raw", [*names, "real/notes.txt", "real/.hidden.mp4", "real/.trash/e.mp4", "other/f.mp4"])
    assert {path: known(row) for path, row in run(root, layout="folder").items()} == {
        "real/a.mp4": fact(0, ["mine:a"]),
        "real/deep/er/b.MOV": fact(0, ["mine:b"]),
        "fake/c.webm": fact(1, ["mine:c"], method="unknown"),
        "fake/swap/a.mp4": fact(1, ["mine:a"], method="swap"),
        "fake/swap/x/d.mkv": fact(1, ["mine:d"], method="swap"),
    }


def test_names_belong_to_the_corpus(tmp_path: Path) -> None:
    root = plant(tmp_path / "raw", ["real/faceforensics:071.mp4", "fake/071.mp4"])
    rows = run(root, "other", layout="folder")
    assert known(rows["real/faceforensics:071.mp4"]) == fact(0, ["other:faceforensics:071"])
    assert known(rows["fake/071.mp4"]) == fact(1, ["other:071"], method="unknown")


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    root = plant(tmp_path / "raw", ["fake/a.mp4"])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.mp4").write_bytes(clip())
    (tmp_path / "elsewhere" / "up").symlink_to(tmp_path / "elsewhere")
    (root / "real").symlink_to(tmp_path / "elsewhere")
    assert set(run(root, layout="folder")) == {"fake/a.mp4", "real/b.mp4"}


@pytest.mark.parametrize("names", [("Real/a.mp4", "FAKE/b.mp4"), ("Real/a.mp4", "fake/b.mp4")])
def test_case_of_the_folders_matters(tmp_path: Path, names: tuple[str, str]) -> None:
    with pytest.raises(LayoutError, match="Real must be named `real`: upper and lower case matter"):
        run(plant(tmp_path / "raw", names), layout="folder")


def test_without_real_and_fake(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="raw has neither a folder `real` nor a folder `fake`"):
        run(plant(tmp_path / "raw", ["a.mp4"]), layout="folder")
