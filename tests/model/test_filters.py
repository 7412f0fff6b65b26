"""Filters: what they give is what scipy and numpy give."""

import numpy as np
import pytest
import scipy.fft
import scipy.signal
import torch

from unmask.model.filters import amplitude, dct, phase, srm

# By the papers: the second differences of a row and of a square, and the KV kernel.
ROW = np.zeros((5, 5))
ROW[2, 1:4] = 1, -2, 1
SQUARE = np.zeros((5, 5))
SQUARE[1:4, 1:4] = np.outer([1, -2, 1], [1, -2, 1]) * -1
KV = [[-1, 2, -2, 2, -1], [2, -6, 8, -6, 2], [-2, 8, -12, 8, -2], [2, -6, 8, -6, 2], [-1, 2, -2, 2, -1]]


@pytest.fixture
def pixels() -> np.ndarray:
    """Two smooth pictures with noise, whose sides no block divides."""
    rng = np.random.default_rng(0)
    smooth = scipy.signal.convolve(rng.uniform(0, 255, (2, 3, 45, 38)), np.ones((1, 1, 6, 6)) / 36, mode="valid")
    return np.asarray(smooth + rng.normal(0, 1, smooth.shape)).astype(np.float32)


def test_residuals_are_those_of_a_convolution(pixels: np.ndarray) -> None:
    found = srm.Filter()(torch.from_numpy(pixels)).numpy()
    assert found.shape == (2, 9, 40, 33)
    around = np.pad(pixels.astype(np.float64), ((0, 0), (0, 0), (2, 2), (2, 2)), mode="reflect")
    cut = 0
    for n, colour in np.ndindex(2, 3):
        for which, kernel in enumerate((ROW / 2, SQUARE / 4, np.array(KV) / 12)):
            wanted = scipy.signal.convolve2d(around[n, colour], kernel, mode="valid")
            cut += int((np.abs(wanted) > 3).sum())
            np.testing.assert_allclose(found[n, 3 * colour + which], np.clip(wanted, -3, 3), atol=1e-4)
    assert cut > 0


def test_residuals_of_a_plane_are_nothing() -> None:
    plane = torch.arange(20.0)[:, None] * 3 + torch.arange(30.0) * 2
    assert torch.allclose(srm.Filter()(plane.expand(1, 3, 20, 30))[..., 2:-2, 2:-2], torch.zeros(()), atol=1e-4)


def test_high_frequencies_are_those_of_block_transforms(pixels: np.ndarray) -> None:
    found = dct.Filter()(torch.from_numpy(pixels)).numpy()
    assert found.shape == pixels.shape
    whole = np.pad(pixels.astype(np.float64), ((0, 0), (0, 0), (0, 0), (0, 7)), mode="edge")
    keep = np.add.outer(np.arange(8), np.arange(8)) >= 4
    for n, colour, row, column in np.ndindex(2, 3, 5, 5):
        place = np.s_[n, colour, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        wanted = scipy.fft.idctn(scipy.fft.dctn(whole[place], norm="ortho") * keep, norm="ortho")
        there = found[place]
        np.testing.assert_allclose(there, wanted[:, : there.shape[1]], atol=1e-3)


def test_phase_is_the_image_with_all_frequencies_alike(pixels: np.ndarray) -> None:
    found = phase.Filter()(torch.from_numpy(pixels)).numpy()
    spectrum = np.fft.fft2(pixels.astype(np.float64).mean(axis=1))
    np.testing.assert_allclose(found[:, 0], np.fft.ifft2(spectrum / np.abs(spectrum), norm="ortho").real, atol=1e-2)
    np.testing.assert_allclose(np.abs(np.fft.fft2(found[:, 0], norm="ortho")), 1, atol=1e-3)
    assert torch.isfinite(phase.Filter()(torch.zeros(1, 3, 16, 16))).all()


def test_amplitude_is_the_spectrum_of_the_windowed_image(pixels: np.ndarray) -> None:
    found = amplitude.Filter()(torch.from_numpy(pixels)).numpy()
    window = np.outer(scipy.signal.windows.hann(40), scipy.signal.windows.hann(33))
    wanted = np.abs(np.fft.fft2(pixels.astype(np.float64).mean(axis=1) * window, norm="ortho"))
    np.testing.assert_allclose(found[:, 0], np.log1p(np.fft.fftshift(wanted, axes=(1, 2))), atol=1e-3)
    assert np.unravel_index(found[0, 0].argmax(), (40, 33)) == (20, 16)


@pytest.mark.parametrize("module", [srm, dct, phase, amplitude])
def test_filter_has_nothing_to_learn_or_to_save(module: object, pixels: np.ndarray) -> None:
    made = module.Filter()  # type: ignore[attr-defined]
    assert not list(made.parameters())
    assert not made.state_dict()
    assert made(torch.from_numpy(pixels)).shape == (2, made.channels, 40, 33)
