"""Quality: sharpness is the variance of the Laplacian, and copies keep their hash."""

import cv2
import numpy as np
import pytest
from crop.scene import scene

from unmask.crop.quality import phash, sharpness


def apart(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    image = scene(1)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)
    laplacian = (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]).var()
    assert sharpness(image) == pytest.approx(laplacian, rel=0.05)
    values = [sharpness(cv2.GaussianBlur(image, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < sharpness(image) / 10


def test_hash_survives_what_a_copy_goes_through() -> None:
    for seed in range(8):
        image = scene(seed)
        jpeg = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], cv2.IMREAD_COLOR)
        half = cv2.resize(cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA), (128, 128))
        brighter = cv2.convertScaleAbs(image, alpha=0.8, beta=30)
        for other in (jpeg, half, brighter):
            assert apart(phash(image), phash(np.asarray(other, np.uint8))) <= 25


def test_hashes_of_different_pictures_are_far_apart() -> None:
    hashes = [phash(scene(seed)) for seed in range(12)]
    assert {len(one) for one in hashes} == {32}
    # Above the median lie half of the frequencies, the mean brightness among them.
    assert {int.from_bytes(one, "big").bit_count() for one in hashes} == {128}
    assert min(apart(one, other) for one in hashes for other in hashes if one != other) > 90
