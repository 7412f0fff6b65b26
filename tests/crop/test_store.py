"""Storage: crops survive as PNG to the bit and as JPEG in full colour."""

from pathlib import Path

import numpy as np
import pytest
from crop.scene import scene

from unmask.crop.params import Jpeg, Png
from unmask.crop.reading import decode, read_crop, suffix
from unmask.crop.store import encode
from unmask.errors import DataError
from unmask.shards import Place


@pytest.mark.parametrize("level", [1, 2, 9])
def test_png_is_lossless_and_checked(tmp_path: Path, level: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    data = encode(image, Png(format="png", level=level))
    assert suffix(data) == ".png"
    np.testing.assert_array_equal(decode(data), image)
    (tmp_path / "0.tar").write_bytes(b"xx" + data)
    place = Place("0.tar", 2, len(data))
    np.testing.assert_array_equal(read_crop(tmp_path, place), image)
    with pytest.raises(DataError, match=r"0\.tar holds another crop"):
        read_crop(tmp_path, place, "0" * 64)


def test_the_highest_level_of_png_is_smaller_and_jpeg_smallest() -> None:
    sizes = [len(encode(scene(3), Png(format="png", level=level))) for level in (1, 9)]
    sizes.append(len(encode(scene(3), Jpeg(format="jpeg", quality=95))))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] / 2


def segments(data: bytes) -> dict[int, bytes]:
    """Take a JPEG apart up to its pixels: segments by their marker."""
    found: dict[int, bytes] = {}
    place = 2
    while data[place + 1] != 0xDA:
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        found[data[place + 1]] = found.get(data[place + 1], b"") + data[place + 4 : place + 2 + length]
        place += 2 + length
    return found


def test_jpeg_is_baseline_in_full_colour_with_the_standard_tables_at_its_quality() -> None:
    for quality in (50, 75, 95, 100):
        data = encode(scene(3), Jpeg(format="jpeg", quality=quality))
        assert suffix(data) == ".jpg"
        parts = segments(data)
        frame = parts[0xC0]  # baseline
        # Precision, height, width, three components with sampling 1 x 1.
        assert frame[:6] == bytes([8, 0, 128, 0, 128, 3])
        assert [frame[7 + 3 * part] for part in range(3)] == [0x11] * 3
        # The first entry is 16 at quality 50, and scaled as libjpeg does.
        scale = 200 - 2 * quality
        assert parts[0xDB][1] == max((16 * scale + 50) // 100, 1)
        assert 0xDD not in parts  # no restarts


def test_jpeg_keeps_fine_colour_and_gives_the_same_bytes_again() -> None:
    # Columns of red and green: with colours in half resolution they would run into each other.
    image = np.zeros((32, 32, 3), np.uint8)
    image[:, ::2, 0] = image[:, 1::2, 1] = 160
    data = encode(image, Jpeg(format="jpeg", quality=95))
    assert np.abs(decode(data).astype(int) - image).mean() < 4
    assert encode(image, Jpeg(format="jpeg", quality=95)) == data
