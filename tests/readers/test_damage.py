"""The reader `pyav` on damaged videos: what is broken costs its group, and no frame has another's number."""

from pathlib import Path

import pytest
from filmed import MANY, UNIFORM, facts, film, place_of, plainly

from unmask.extract.again import again
from unmask.extract.choose import chooser
from unmask.extract.clips import FAST, write_clip
from unmask.extract.reader import numbered
from unmask.extract.readers import pyav
from unmask.extract.sample import read, sample
from unmask.hashing import bytes_sha256


def damaged(path: Path, number: int) -> Path:
    """Overwrite the larger part of one packet."""
    place, size = place_of(path, number)
    data = bytearray(path.read_bytes())
    data[place + 12 : place + size] = bytes([0xFF]) * (size - 12)
    path.write_bytes(data)
    return path


def test_damage_in_the_middle_costs_its_group(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", frames=60, g="10", bf="0", x264_params="scenecut=0")
    whole = plainly(path)
    found = pyav.read(damaged(path, 14), chooser({"policy": "uniform", "frames": 6}), MANY)
    assert "damaged in" in found.reason
    assert "54 of 60 frames are sound" in found.reason
    assert found.count == 54
    assert len(found.pictures) == 6
    assert max(picture.index for picture in found.pictures) > 50
    assert not {picture.index for picture in found.pictures} & set(range(14, 20))
    assert facts(found.pictures) == [whole[picture.index] for picture in found.pictures]


def test_damage_where_nobody_looks_is_not_noticed(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", frames=60, g="10", bf="0", x264_params="scenecut=0")
    whole = plainly(path)
    choose = chooser({"policy": "keyframes", "most": 100})
    found = pyav.read(damaged(path, 14), choose, MANY)
    assert (found.count, found.reason) == (60, "")
    assert facts(found.pictures) == [whole[number] for number in range(0, 60, 10)]


@pytest.mark.parametrize("codec", ["magicyuv", "mjpeg"])
def test_what_a_damaged_frame_shows_does_not_depend_on_the_choice(tmp_path: Path, codec: str) -> None:
    """Decoders leave parts of it as their memory was."""
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = film(tmp_path / "a.avi", codec, frames=10, pixel_format=pixels)
    whole = plainly(path)
    data = bytearray(path.read_bytes())
    for number in (1, 3, 6, 8):
        place, size = place_of(path, number)
        data[place + size // 2 : place + size] = b"\xff" * (size - size // 2)
    path.write_bytes(data)
    some, many = (pyav.read(path, chooser({"policy": "uniform", "frames": n}), MANY).pictures for n in (4, 99))
    every = {fact[0]: fact for fact in facts(many)}
    assert every != {number: whole[number] for number in every}
    assert facts(some) == [every[picture.index] for picture in some]


def test_frames_that_were_numbered_by_decoding_all_are_found_again(tmp_path: Path) -> None:
    """A frame in the middle does not come out; those behind it have other numbers than their packets."""
    path = film(tmp_path / "a.mp4", frames=60, g="10", bf="0", x264_params="scenecut=0")
    place, size = place_of(path, 24)
    data = bytearray(path.read_bytes())
    data[place + 4 : place + size] = bytes([0x1F]) * (size - 4)
    path.write_bytes(data)
    found, blobs = sample(str(path), "video", "pyav", UNIFORM, FAST, MANY)
    numbers = [frame["frame"] for frame in found["frames"]]
    assert "sound" in found["broken"]
    direct = read(path, "video", "pyav", numbered(numbers), MANY).pictures
    assert write_clip([picture.frame for picture in direct], FAST) != blobs["clip"]
    assert again(str(path), "video", "pyav", numbers, bytes_sha256(blobs["clip"]), MANY) == (None, blobs)


def test_a_video_cut_short_gives_what_there_is(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", frames=60, g="10", bf="2")
    whole = plainly(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found = pyav.read(path, chooser(UNIFORM), MANY)
    assert 30 <= found.count <= 45
    assert len(found.pictures) == 8
    assert facts(found.pictures) == [whole[picture.index] for picture in found.pictures]
