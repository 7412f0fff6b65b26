"""UADFV: two folders, pairs by stem, and everything that is not so is named."""

from pathlib import Path

import pytest
from plant import fact, known, plant, run

from unmask.errors import LayoutError

NAMES = ["real/0000.mp4", "real/0001.mp4", "real/0047.mp4", "fake/0000_fake.mp4", "fake/0001_fake.mp4"]


def test_official_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(tmp_path / "raw", NAMES)
    # Many copies come with frames beside the videos.
    (root / "real" / "frames" / "0000").mkdir(parents=True)
    (root / "real" / "frames" / "0000" / "000.png").touch()
    rows = run(root, "uadfv", layout="uadfv")
    assert {path: known(row) for path, row in rows.items()} == {
        "real/0000.mp4": fact(0, ["uadfv:0000"]),
        "real/0001.mp4": fact(0, ["uadfv:0001"]),
        "real/0047.mp4": fact(0, ["uadfv:0047"]),
        "fake/0000_fake.mp4": fact(1, ["uadfv:0000"], method="FakeApp", pair="uadfv/real/0000"),
        "fake/0001_fake.mp4": fact(1, ["uadfv:0001"], method="FakeApp", pair="uadfv/real/0001"),
    }
    assert "real 3 of 49; fake 2 of 49." in capsys.readouterr().err


def test_the_whole_data_set_gives_no_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"{folder}/{n:04d}{end}.mp4" for n in range(49) for folder, end in (("real", ""), ("fake", "_fake"))]
    assert len(run(plant(tmp_path / "raw", names), layout="uadfv")) == 98
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("fake/0002.mp4", "<stem>_fake.mp4"),
        ("real/0002_fake.mp4", "<stem>.mp4"),
        ("real/0002.avi", "<stem>.mp4"),
        ("fake/more/0002_fake.mp4", "<stem>_fake.mp4"),
    ],
)
def test_names_out_of_form(tmp_path: Path, name: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(tmp_path / "raw", [*NAMES, name])
    with pytest.raises(LayoutError, match=f"{name}: videos in {name.split('/')[0]} are named {form}"):
        run(root, layout="uadfv")
    assert run(root, layout="uadfv", tolerate=["name"]).keys() == set(NAMES)
    assert "1 left out by `tolerate: [name]`" in capsys.readouterr().err
