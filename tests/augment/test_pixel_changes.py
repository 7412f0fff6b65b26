"""Operations that change pixels in their place: against Pillow, SciPy, torchvision, PyAV's files and closed forms."""

import io
from typing import Any

import av
import numpy as np
import pytest
import torch
from augment.operations import array, drawn, face, tensor
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from torchvision.transforms.v2 import functional

from unmask.augment.normal import normal
from unmask.augment.operations.motion_blur import kernel
from unmask.pixels import rgb

Array = NDArray[np.uint8]


def changed(name: str, picture: Array, seed: int = 0, **settings: object) -> Array:
    return array(drawn(name, picture.shape[:2], seed, **settings).apply(tensor(picture)))


def grainy(height: int = 96, width: int = 128) -> Array:
    noise = np.random.default_rng(5).normal(0, 8, (height, width, 3))
    return np.clip(face(height, width) + noise, 0, 255).astype(np.uint8)


def apart(one: Array, other: Array) -> float:
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("quality", [15, 50, 77, 95])
@pytest.mark.parametrize(("subsampling", "pillow"), [(420, 2), (422, 1), (444, 0)])
def test_jpeg_is_that_of_pillow(quality: int, subsampling: int, pillow: int) -> None:
    data = io.BytesIO()
    Image.fromarray(grainy()).save(data, "JPEG", quality=quality, subsampling=pillow)
    theirs = np.asarray(Image.open(data).convert("RGB"))
    ours = changed("jpeg", grainy(), quality=quality, subsampling=[subsampling])
    # The same tables and the same library, in another version.
    assert np.abs(ours.astype(int) - theirs).max() <= 2
    assert apart(ours, theirs) < 0.02
    assert apart(ours, grainy()) > 1


def test_jpeg_is_that_of_torchvision() -> None:
    for quality in (1, 40, 100):
        ours = changed("jpeg", grainy(), quality=quality, subsampling=[420])
        assert np.array_equal(ours, array(functional.jpeg(tensor(grainy()), quality)))


def test_jpeg_draws_both_subsamplings() -> None:
    seen = {changed("jpeg", grainy(), seed, quality=60, subsampling=[420, 444]).tobytes() for seed in range(20)}
    one, other = (changed("jpeg", grainy(), quality=60, subsampling=[way]).tobytes() for way in (420, 444))
    assert seen == {one, other}


@pytest.mark.parametrize("crf", [18, 40])
@pytest.mark.parametrize("frames", [1, 3])
def test_h264_is_that_of_a_file(crf: int, frames: int) -> None:
    picture = grainy(64, 96)
    file = io.BytesIO()
    options = {"crf": str(crf), "preset": "veryfast", "x264-params": "threads=1:mbtree=0"}
    with av.open(file, "w", format="mp4") as written:
        stream = written.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt, stream.codec_context.thread_count = 96, 64, "yuv420p", 1
        for _ in range(frames):
            written.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        written.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as read:
        theirs = [rgb(frame, 0) for frame in read.decode(video=0)][-1]
    ours = changed("h264", picture, crf=crf, frames=frames, preset="veryfast")
    # Only the rounding on the way to YUV differs.
    assert apart(ours, theirs) < 1 < apart(ours, picture) / 4


def test_h264_loses_more_at_a_higher_crf_and_the_sizes_may_be_odd() -> None:
    picture = grainy(61, 75)
    lost = [apart(changed("h264", picture, crf=crf, frames=3, preset="veryfast"), picture) for crf in (5, 23, 40, 51)]
    assert lost == sorted(lost)
    assert lost[0] + 2 < lost[-1]


def test_gamma_is_that_of_torchvision() -> None:
    for exponent in (0.4, 1.0, 2.2):
        theirs = array(functional.adjust_gamma(tensor(face()), exponent))
        assert np.abs(changed("gamma", face(), gamma=exponent).astype(int) - theirs).max() <= 1


def test_grey_is_that_of_pillow() -> None:
    ours = changed("grey", grainy())
    assert (ours == ours[..., :1]).all()
    assert np.abs(ours[..., 0].astype(int) - np.asarray(Image.fromarray(grainy()).convert("L"))).max() <= 1


def test_colour_is_that_of_torchvision_one_after_another() -> None:
    image = functional.adjust_brightness(tensor(face()), 1.2)
    image = functional.adjust_contrast(image, 0.7)
    image = functional.adjust_hue(functional.adjust_saturation(image, 1.5), 0.05)
    ours = changed("colour", face(), brightness=1.2, contrast=0.7, saturation=1.5, hue=0.05)
    assert np.array_equal(ours, array(image))


def test_tint_shifts_each_colour_by_itself_and_stays_in_range() -> None:
    middle = np.full((4, 4, 3), 128, np.uint8)
    shifts = np.array([changed("tint", middle, seed, shift=[-20, 20])[0, 0].astype(int) - 128 for seed in range(300)])
    assert np.abs(shifts).max() == 20
    assert np.abs(np.corrcoef(shifts.T) - np.eye(3)).max() < 0.25
    assert (changed("tint", np.full((2, 2, 3), 250, np.uint8), shift=[20, 20]) == 255).all()


@pytest.mark.parametrize("sigma", [0.6, 1.5])
def test_blur_is_that_of_scipy(sigma: float) -> None:
    theirs = ndimage.gaussian_filter(grainy().astype(float), (sigma, sigma, 0), mode="mirror", truncate=2.0)
    inside = (slice(8, -8), slice(8, -8))
    assert np.abs(changed("blur", grainy(), sigma=sigma)[inside] - theirs[inside]).max() < 3


def test_motion_blur_along_a_row_is_a_mean_and_shifts_nothing() -> None:
    # A level line of length 4 covers three pixels and a half one on either side, where ends round off a little.
    level = kernel(4, 0)
    assert np.allclose(level, [[1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8]], atol=0.02)
    for length, degrees in [(0, 0), (3.3, 20), (9, 45), (15, -70), (64, 180)]:
        weights = kernel(length, degrees)
        down, right = (np.arange(side) - side // 2 for side in weights.shape)
        assert weights.sum() == pytest.approx(1)
        assert weights.sum(0) @ right == pytest.approx(0, abs=1e-9)
        assert weights.sum(1) @ down == pytest.approx(0, abs=1e-9)
        # Spread of a line, with what sharing among four pixels adds at most.
        spread = weights.sum(0) @ right**2 + weights.sum(1) @ down**2
        assert length**2 / 12 - 1e-6 <= spread <= length**2 / 12 + 0.2 * length + 0.55
    assert np.allclose(kernel(9, 90), kernel(9, 0).T)
    # Counter-clockwise as seen: the line at 45 degrees rises to the right.
    assert kernel(9, 45)[1, -2] > 0.05
    assert kernel(9, 45)[1, 1] == 0
    theirs = ndimage.convolve(grainy().astype(float), kernel(7, 30)[..., None], mode="mirror")
    assert np.abs(changed("motion_blur", grainy(), length=7, degrees=30) - theirs).max() <= 1


def test_sharpening_takes_the_mean_of_the_neighbours_away() -> None:
    mean = ndimage.uniform_filter(grainy().astype(float), (3, 3, 1), mode="mirror")
    wanted = np.clip(grainy() + 1.5 * (grainy() - mean), 0, 255)
    assert np.abs(changed("sharpen", grainy(), strength=1.5) - wanted).max() <= 1
    assert np.array_equal(changed("sharpen", grainy(), strength=0), grainy())


@pytest.mark.parametrize(
    ("way", "pillow"), [("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC), ("area", None)]
)
def test_downscaling_is_that_of_pillow(way: str, pillow: Image.Resampling | None) -> None:
    small, large = (
        Image.Resampling.BOX if pillow is None else pillow,
        Image.Resampling.BILINEAR if pillow is None else pillow,
    )
    theirs = Image.fromarray(grainy()).resize((64, 48), small).resize((128, 96), large)
    ours = changed("downscale", grainy(), factor=0.5, interpolations=[way])
    assert np.abs(ours.astype(int) - np.asarray(theirs)).max() <= 2


def test_downscaling_that_skips_pixels_keeps_some_of_them() -> None:
    ours = changed("downscale", grainy(), factor=0.5, interpolations=["nearest"])
    assert np.array_equal(ours[::2, ::2], ours[1::2, 1::2])
    cells = grainy().reshape(48, 2, 64, 2, 3)
    assert (ours[::2, ::2][:, None, :, None] == cells).all(axis=-1).any(axis=(1, 3)).all()
    drawn_ways = {
        changed("downscale", grainy(), s, factor=0.5, interpolations=["nearest", "area"]).tobytes() for s in range(40)
    }
    assert len(drawn_ways) == 4  # each way down with each way up


def test_normal_numbers_are_normal() -> None:
    found = normal((400, 500), 3).ravel()
    assert np.array_equal(found, normal((400, 500), 3).ravel())
    assert not np.array_equal(found, normal((400, 500), 4).ravel())
    assert found.dtype == np.float32
    from scipy.stats import kstest

    assert kstest(found, "norm").pvalue > 0.01
    assert np.abs(found).max() < 4.34


@pytest.mark.parametrize("sigma", [2.0, 10.0])
def test_noise_has_its_deviation_and_no_colour_follows_another(sigma: float) -> None:
    rest = changed("noise", np.full((200, 200, 3), 128, np.uint8), sigma=sigma).astype(float) - 128
    # Rounding to levels adds a twelfth to the variance.
    assert rest.std() == pytest.approx((sigma**2 + 1 / 12) ** 0.5, rel=0.01)
    assert abs(rest.mean()) < 4 * sigma / rest.size**0.5
    assert np.abs(np.corrcoef(rest.reshape(-1, 3).T) - np.eye(3)).max() < 0.03


def test_noise_of_a_sensor_rises_with_light_and_its_grain_is_shared() -> None:
    for level, shot, read, colour in [(40, 0.2, 1, 0.3), (160, 0.2, 1, 0.3), (160, 0.0, 5, 0.0), (90, 0.5, 0, 1.0)]:
        flat = np.full((200, 200, 3), level, np.uint8)
        rest = changed("iso_noise", flat, shot=shot, read=read, colour=colour).astype(float) - level
        assert rest.var() == pytest.approx(shot * level + read**2 + 1 / 12, rel=0.03)
        shared = np.corrcoef(rest.reshape(-1, 3).T)[0, 1]
        assert shared == pytest.approx(1 - colour, abs=0.03)


def test_erasing_covers_the_area_that_was_drawn() -> None:
    white = np.full((100, 100, 3), 200, np.uint8)
    black = (changed("erase", white, area=0.16, aspect=1, fills=["black"]) == 0).all(-1)
    assert black.sum() == 1600
    rows, columns = np.nonzero(black)
    assert np.ptp(rows) == np.ptp(columns) == 39
    lying = (changed("erase", white, area=0.16, aspect=4, fills=["black"]) == 0).all(-1)
    rows, columns = np.nonzero(lying)
    assert [int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1] == [20, 80]
    assert (changed("erase", white, area=[1, 1], aspect=[20, 20], fills=["black"]) == 0).all(-1).sum() == 2200
    assert np.array_equal(changed("erase", white, area=0, fills=["black"]), white)


def test_erasing_reaches_every_pixel_and_fills_as_chosen() -> None:
    white = np.full((20, 20, 3), 200, np.uint8)
    covered = [changed("erase", white, seed, area=0.1, aspect=1, fills=["black"])[..., 0] == 0 for seed in range(600)]
    assert np.any(covered, axis=0).all()
    picture = grainy()
    noise = changed("erase", picture, area=0.3, aspect=1, fills=["noise"])
    inside = noise[(noise != picture).any(-1)]
    assert inside.mean() == pytest.approx(127.5, abs=3)
    mean = changed("erase", picture, area=0.3, aspect=1, fills=["mean"])
    assert (mean[(mean != picture).any(-1)] == np.rint(picture.mean((0, 1)))).all()


def test_identity_settings_change_nothing() -> None:
    picture = grainy()
    still: dict[str, dict[str, Any]] = {
        "rotate": {"degrees": 0}, "affine": {"degrees": 0, "scale": 1, "shift": 0}, "gamma": {"gamma": 1},
        "zoom": {"share": 1}, "tint": {"shift": 0}, "sharpen": {"strength": 0}, "noise": {"sigma": 0},
        "iso_noise": {"shot": 0, "read": 0, "colour": 0.5}, "motion_blur": {"length": 0, "degrees": 5},
        "downscale": {"factor": 1}, "colour": {"brightness": 1, "contrast": 1, "saturation": 1, "hue": 0},
    }  # fmt: skip
    for name, settings in still.items():
        assert np.array_equal(changed(name, picture, **settings), picture), name
    assert torch.equal(drawn("erase", (96, 128), area=0).apply(tensor(picture)), tensor(picture))
