"""DeepFakeDetection: actors and scenes below the root of FaceForensics++, and everything that is not so is named."""

from pathlib import Path
from typing import Any

import pytest
from plant import Row, fact, known, plant, run

from unmask.errors import LayoutError

REALS = "original_sequences/actors/c23/videos"
FAKES = "manipulated_sequences/DeepFakeDetection/c23/videos"
SCENE = "outside_talking_still_laughing"
ODD = "walking (outside), surprised"
REAL = [f"{REALS}/{name}.mp4" for name in (f"24__{SCENE}", f"23__{SCENE}", "01__exit_phone_room", f"02__{ODD}")]
FAKE = [
    f"{FAKES}/{name}.mp4"
    for name in (
        f"24_23__{SCENE}__YR5OVD4S",
        f"24_01__{SCENE}__03X7CELV",
        "01_02__exit_phone_room__YVGY8LOK",
        f"02_01__{ODD}__YVGY8LOK",
        "02_01__kitchen_pan__ZYCZ30C0",
    )
]
OTHER = [
    "original_sequences/youtube/c23/videos/000.mp4",
    "manipulated_sequences/Deepfakes/c23/videos/000_003.mp4",
    "manipulated_sequences/DeepFakeDetection/masks/videos/01_02__exit_phone_room__YVGY8LOK.mp4",
    "original_sequences/actors/c40/videos/01__exit_phone_room.mp4",
]


def read(root: Path, compression: str = "c23", **options: Any) -> dict[str, Row]:
    return run(root, "dfd", layout="dfd", compression=compression, **options)


def real(actor: str, scene: str) -> Row:
    return fact(0, [f"dfd:{actor}"], compression="c23", attributes={"scene": scene})


def fake(target: str, source: str, scene: str) -> Row:
    words: Row = {"method": "DeepFakeDetection", "compression": "c23", "attributes": {"scene": scene}}
    return fact(1, [f"dfd:{target}", f"dfd:{source}"], pair=f"dfd/{REALS}/{target}__{scene}", **words)


def test_official_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(plant(tmp_path / "raw", [*REAL, *FAKE, *OTHER]))
    facts = [real("24", SCENE), real("23", SCENE), real("01", "exit_phone_room"), real("02", ODD)]
    facts += [fake("24", "23", SCENE), fake("24", "01", SCENE), fake("01", "02", "exit_phone_room")]
    facts += [fake("02", "01", ODD), fake("02", "01", "kitchen_pan")]
    assert {path: known(row) for path, row in rows.items()} == dict(zip([*REAL, *FAKE], facts, strict=True))
    keys = {row["video"] for row in rows.values()}
    # Each fake's pair is the key of its real; that of the last is not at hand.
    assert [path for path, row in rows.items() if row["label"] and row["pair"] not in keys] == [FAKE[-1]]
    assert "actors 4 of 363; DeepFakeDetection 5 of 3,068." in capsys.readouterr().err


def test_a_missing_part_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(read(plant(tmp_path / "raw", REAL))) == len(REAL)
    assert "actors 4 of 363; DeepFakeDetection 0 of 3,068." in capsys.readouterr().err


def test_missing_compression_is_named(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"no videos of compression raw.*actors and .*DeepFakeDetection; .*: c23"):
        read(plant(tmp_path / "raw", [*REAL, *OTHER]), "raw")


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (f"{REALS}/000.mp4", "<actor>__<scene>"),
        (f"{REALS}/1__kitchen_pan.mp4", "<actor>__<scene>"),
        (f"{REALS}/01_02__kitchen_pan__ZYCZ30C0.mp4", "<actor>__<scene>"),
        (f"{REALS}/01__kitchen_pan__ZYCZ30C0.mp4", "<actor>__<scene>"),
        (f"{REALS}/deep/01__kitchen_pan.mp4", "<actor>__<scene>"),
        (f"{FAKES}/01_02__kitchen_pan.mp4", "<target>_<source>__<scene>__<8"),
        (f"{FAKES}/01_02__kitchen_pan__zycz30c0.mp4", "<target>_<source>__<scene>__<8"),
        (f"{FAKES}/01__kitchen_pan.mp4", "<target>_<source>__<scene>__<8"),
        (f"{FAKES}/01_02____ZYCZ30C0.mp4", "<target>_<source>__<scene>__<8"),
    ],
)
def test_names_out_of_form(tmp_path: Path, name: str, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(tmp_path / "raw", [*REAL, *FAKE, name])
    with pytest.raises(LayoutError, match=rf"{name}: videos in .* are named {form}"):
        read(root)
    assert read(root, tolerate=["name"]).keys() == {*REAL, *FAKE}
    assert "1 left out by `tolerate: [name]`" in capsys.readouterr().err
