"""Still pictures and animations as videos, with real durations, and turned videos, through index and extract."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from filmed import draw, film, turn
from numpy.typing import NDArray
from PIL import Image
from plant import run as run_index
from tiny_clips import LIMITS

from unmask import pictures
from unmask.errors import VideoError
from unmask.extract.choose import chooser
from unmask.extract.params import Params
from unmask.extract.reader import Reading
from unmask.extract.sample import read
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.pixels import rgb

MANY = 1 << 30
ALL = chooser({"policy": "uniform", "frames": 100})
LASTING = [100, 300, 50, 200, 40]
STARTS = [0.0, 0.1, 0.4, 0.45, 0.65]


def write_animation(path: Path, **options: Any) -> list[NDArray[np.uint8]]:
    """Write an animation of five frames; GIF and WebP store what changes only."""
    images = [Image.fromarray(draw(number, 60, 40)) for number in range(5)]
    if path.suffix == ".gif":
        images = [image.quantize(64) for image in images]
    more: dict[str, Any] = {"append_images": images[1:], "duration": LASTING, "save_all": True}
    images[0].save(path, loop=0, **more, **options)
    return [np.asarray(image.convert("RGB")) for image in images]


def shown(found: Reading) -> list[NDArray[np.uint8]]:
    return [rgb(picture.frame, picture.rotation) for picture in found.pictures]


@pytest.mark.parametrize("name", ["pyav", "decord", "opencv"])
@pytest.mark.parametrize(("suffix", "options"), [("gif", {}), ("png", {}), ("webp", {"lossless": True})])
def test_animations_have_their_frames_and_durations(
    tmp_path: Path, suffix: str, options: dict[str, Any], name: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    images = write_animation(path, **options)
    found = read(path, "video", name, ALL, MANY)
    assert (found.count, found.reason) == (5, "")
    assert [picture.index for picture in found.pictures] == list(range(5))
    assert [picture.seconds for picture in found.pictures] == pytest.approx(STARTS)
    assert all(np.array_equal(new, old) for new, old in zip(shown(found), images, strict=True))


def test_animations_are_sampled_by_time(tmp_path: Path) -> None:
    write_animation(tmp_path / "a.webp", lossless=True)
    # Of 0.8125 seconds, the last frame taken to last as long as the others: the middle is at 0.406.
    found = read(tmp_path / "a.webp", "video", "pyav", chooser({"policy": "uniform", "frames": 1}), MANY)
    assert [picture.index for picture in found.pictures] == [2]


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp"])
def test_a_picture_is_a_video_of_one_frame(tmp_path: Path, suffix: str) -> None:
    path, image = tmp_path / f"a.{suffix}", draw(3, 60, 40)
    options: dict[str, Any] = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(image).save(path, **options)
    found = read(path, "video", "pyav", ALL, MANY)
    (picture,) = found.pictures
    assert (found.count, picture.index, picture.seconds) == (1, 0, 0.0)
    assert np.abs(shown(found)[0].astype(int) - image).mean() < (8 if suffix == "jpg" else 1e-9)
    probe = pictures.probe_file(path, MANY)
    assert (probe.width, probe.height, probe.frames, probe.seconds) == (60, 40, 1, 0.0)


def test_a_photograph_is_turned_as_its_tag_says(tmp_path: Path) -> None:
    path, tags = tmp_path / "a.jpg", Image.Exif()
    tags[0x0112] = 6  # to be turned clockwise
    Image.fromarray(draw(3, 60, 40)).save(path, exif=tags, quality=95)
    (image,) = shown(read(path, "video", "pyav", ALL, MANY))
    assert np.abs(image.astype(int) - np.rot90(draw(3, 60, 40), -1)).mean() < 8


def test_large_and_broken_pictures_are_refused(tmp_path: Path) -> None:
    write_animation(tmp_path / "a.webp")
    for path in (tmp_path / "a.webp", tmp_path / "b.png"):
        Image.fromarray(draw(0, 60, 40)).save(tmp_path / "b.png")
        with pytest.raises(VideoError, match="of 60x40 has more than 2000 pixels"):
            read(path, "video", "pyav", ALL, 2000)
    data = (tmp_path / "a.webp").read_bytes()
    for end in (15, 30, 60, len(data) // 2):
        (tmp_path / "c.webp").write_bytes(data[:end])
        with pytest.raises(VideoError):
            read(tmp_path / "c.webp", "video", "pyav", ALL, MANY)


def test_through_index_and_extract_where_the_layout_says_so(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    (root / "real").mkdir(parents=True)
    (root / "fake").mkdir()
    Image.fromarray(draw(0, 60, 40)).save(root / "real" / "still.jpg")
    write_animation(root / "real" / "moving.webp", lossless=True)
    write_animation(root / "fake" / "moving.gif")
    assert run_index(root, layout="folder").keys() == {"fake/moving.gif"}
    rows = run_index(root, layout="folder", pictures=True)
    assert {path: (row["status"], row["frames"], round(row["seconds"], 2)) for path, row in rows.items()} == {
        "real/still.jpg": ("ok", 1, 0.0),
        "real/moving.webp": ("ok", 5, 0.69),
        "fake/moving.gif": ("ok", 5, 0.69),
    }
    sampling = {"policy": "uniform", "frames": 2}
    given = {"reader": "pyav", "sampling": sampling, "store": {"format": "magicyuv"}, "shards": 1, "max_failed": 0.0}
    extract(root, root.parent / "index" / "mine", tmp_path / "out", Params.model_validate(given), LIMITS)
    found = [(row["video"], row["frame"], row["decoded"]) for row in FRAMES.rows(tmp_path / "out")]
    assert found == [
        *(("mine/fake/moving", number, 5) for number in (1, 3)),
        *(("mine/real/moving", number, 5) for number in (1, 3)),
        ("mine/real/still", 0, 1),
    ]


# Turned videos ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pyav", "decord", "opencv"])
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_turned_videos_stand_upright_in_all_readers(tmp_path: Path, name: str, angle: int) -> None:
    plain = film(tmp_path / "plain.mp4", frames=4)
    path = turn(plain, tmp_path / "turned.mp4", angle)
    first = rgb(read(plain, "video", "pyav", ALL, MANY).pictures[0].frame, 0).astype(int)
    found = shown(read(path, "video", name, ALL, MANY))
    reference = cv2.VideoCapture(str(path)).read()[1][..., ::-1].astype(int)
    assert found[0].shape == reference.shape
    assert np.abs(found[0] - reference).mean() < 5
    turned = [np.rot90(first, turns) for turns in range(4)]
    assert min(np.abs(image - reference).mean() for image in turned if image.shape == reference.shape) < 5
