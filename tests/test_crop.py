"""Crop: alignment is an exact similarity, eyes land on the template, crops survive storage and any order of work."""

import tarfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import heads
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_clips import LIMITS, blank, person, write_frames

from unmask import params
from unmask.crop.align import TEMPLATE, align, template, transform
from unmask.crop.params import Alignment, Jpeg, Params, Png
from unmask.crop.pose import roll, yaw
from unmask.crop.quality import phash, sharpness
from unmask.crop.reading import decode, read_crop, suffix
from unmask.crop.similarity import scale_of, similarity
from unmask.crop.step import crop
from unmask.crop.store import encode
from unmask.crop.tables import CROPS
from unmask.detect.detector import build
from unmask.detect.faces import find
from unmask.detect.params import choose
from unmask.detect.tables import BOX, FACES, LANDMARKS
from unmask.errors import DataError, ParamsError
from unmask.extract.tables import FRAMES
from unmask.shards import Place

VALUES = {
    "face": "best_track",
    "size": 64,
    "margin": 1.3,
    "interpolation": "linear",
    "border": "black",
    "picture": {"format": "png", "level": 1},
    "shards": 3,
}
KERNELS = ("linear", "cubic", "area", "lanczos")

numbers = st.floats(-100, 100, allow_nan=False)
points = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=8)


def option(**changed: Any) -> Alignment:
    return Alignment.model_validate(
        {"size": 112, "margin": 1.0, "interpolation": "linear", "border": "black"} | changed
    )


def chosen(**changed: Any) -> Params:
    return params.parse(Params, VALUES | changed, Path("params.yaml"))


def turned(angle: float, scale: float, shift: tuple[float, float]) -> Any:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])


def moved(matrix: Any, places: Any) -> Any:
    return np.asarray(places) @ matrix[:, :2].T + matrix[:, 2]


def spread(places: Any) -> float:
    return float(np.std(places, axis=0).max())


# The similarity transform ---------------------------------------------------------------------------------------------


@given(points.filter(lambda p: spread(p) > 1), st.floats(-3.1, 3.1), st.floats(0.05, 20), st.tuples(numbers, numbers))
def test_a_known_transform_is_recovered(source: Any, angle: float, scale: float, shift: tuple[float, float]) -> None:
    truth = turned(angle, scale, shift)
    np.testing.assert_allclose(similarity(source, moved(truth, source)), truth, atol=1e-6 * (1 + scale) * 100)


@given(points.filter(lambda p: spread(p) > 1), points)
def test_nothing_is_ever_mirrored_or_sheared(source: Any, target: Any) -> None:
    count = min(len(source), len(target))
    if spread(source[:count]) < 1:
        return
    (a, b, _), (c, d, _) = similarity(source[:count], target[:count])
    assert a == pytest.approx(d, abs=1e-9 * (1 + abs(a)))
    assert b == pytest.approx(-c, abs=1e-9 * (1 + abs(b)))
    assert a * d - b * c >= 0


@settings(max_examples=50)
@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=3, max_size=8))
def test_agrees_with_least_squares_on_the_four_unknowns(pairs: Any) -> None:
    # With x' = a x - b y + s and y' = b x + a y + t the fit is linear; scale and turn are not told apart, so it is the
    # same minimum as long as no mirroring is in play.
    source, target = np.array(pairs)[:, :2], np.array(pairs)[:, 2:]
    if spread(source) < 1:
        return
    zero, one = np.zeros(len(source)), np.ones(len(source))
    x, y = source.T
    system = np.concatenate([np.stack([x, -y, one, zero], 1), np.stack([y, x, zero, one], 1)])
    a, b, s, t = np.linalg.lstsq(system, target.T.ravel(), rcond=None)[0]
    np.testing.assert_allclose(similarity(source, target), [[a, -b, s], [b, a, t]], atol=1e-6)


def test_agrees_with_opencv_on_a_clean_face() -> None:
    source = moved(turned(0.4, 2.5, (30, -4)), template(option()))
    expected, _ = cv2.estimateAffinePartial2D(source, template(option()), method=cv2.LMEDS)
    np.testing.assert_allclose(transform(source, option()), expected, atol=1e-3)


def test_mirrored_points_are_fitted_without_mirroring() -> None:
    places = template(option())
    matrix = similarity(places * [-1, 1], places)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_points_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="different points"):
        similarity(np.ones((5, 2)), TEMPLATE)


# The crop -------------------------------------------------------------------------------------------------------------


def dots(size: int, places: Any, radius: float) -> Any:
    """Draw a soft white dot at each place of a black picture."""
    y, x = np.mgrid[:size, :size]
    light = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2)) for px, py in places)
    return np.repeat((255 * np.clip(light, 0, 1)).astype(np.uint8)[..., None], 3, axis=2)


def centre(image: Any, near: Any, reach: int = 9) -> Any:
    """Find the centre of the light around a place."""
    x0, y0 = (round(float(v)) - reach for v in near)
    part = image[max(y0, 0) : y0 + 2 * reach + 1, max(x0, 0) : x0 + 2 * reach + 1, 0].astype(float)
    y, x = np.mgrid[: part.shape[0], : part.shape[1]]
    return (
        np.array([(x * part).sum() + max(x0, 0) * part.sum(), (y * part).sum() + max(y0, 0) * part.sum()]) / part.sum()
    )


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("scale", [0.4, 1.0, 2.7, 6.0])
@pytest.mark.parametrize("angle", [-0.6, 0.0, 2.0])
def test_landmarks_land_on_the_template(kernel: str, scale: float, angle: float) -> None:
    options = option(size=112, margin=1.3, interpolation=kernel)
    places = moved(turned(angle, scale, (0, 0)), template(options) - 55.5) + 400
    image = dots(801, places, 2.0 * scale)
    aligned = align(image, places, options)
    for place in template(options):
        np.testing.assert_allclose(centre(aligned, place), place, atol=0.15)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_crop_of_its_own_size_is_the_picture_itself(kernel: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8)
    np.testing.assert_array_equal(align(image, template(option()), option(interpolation=kernel)), image)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("factor", [2, 3, 7])
def test_shrinking_averages_all_pixels(kernel: str, factor: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (64 * factor, 64 * factor, 3), dtype=np.uint8)
    options = option(size=64, interpolation=kernel)
    places = (template(options) + 0.5) * factor - 0.5
    expected = image.reshape(64, factor, 64, factor, 3).mean((1, 3))
    np.testing.assert_allclose(align(image, places, options), expected, atol=1)


def test_fine_stripes_do_not_alias() -> None:
    # Stripes of one pixel, shrunk 5.3 times and turned, must become grey.
    image = np.zeros((800, 800, 3), np.uint8)
    image[:, ::2] = 255
    options = option(size=96)
    for kernel in KERNELS:
        places = moved(turned(0.1, 5.3, (0, 0)), template(options) - 47.5) + 400
        inner = align(image, places, options.model_copy(update={"interpolation": kernel}))
        assert inner.std() < 20
        assert inner.mean() == pytest.approx(127.5, abs=3)


def test_area_averages_at_any_shrinking() -> None:
    image = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    places = (template(option()) - 55.5) * 1.6 + 200
    noise = {kernel: align(image, places, option(interpolation=kernel)).std() for kernel in KERNELS}
    assert noise["area"] < min(noise[kernel] for kernel in KERNELS if kernel != "area")


def test_margin_shows_more_around_the_same_centre() -> None:
    tight, wide = template(option()), template(option(margin=2.0))
    np.testing.assert_allclose(wide - 55.5, (tight - 55.5) / 2)
    # What a wide crop shows in its middle is what the tight one shows, at half the scale.
    places = tight * 2 + 100
    assert scale_of(transform(places, option(margin=2.0))) == pytest.approx(scale_of(transform(places, option())) / 2)


def test_the_tight_template_is_that_of_arcface() -> None:
    expected = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
    np.testing.assert_allclose(template(option()), expected)


def test_what_lies_outside_is_black() -> None:
    aligned = align(np.full((112, 112, 3), 200, np.uint8), template(option()) - 50, option())
    assert (aligned[50:, 50:] == 200).all()
    assert (aligned[:50] == 0).all()
    assert (aligned[:, :50] == 0).all()


@pytest.mark.parametrize(("border", "pad"), [("replicate", "edge"), ("reflect", "reflect")])
@pytest.mark.parametrize("kernel", ["linear", "area"])
def test_other_borders_continue_the_picture(border: str, pad: Any, kernel: str) -> None:
    # A picture that is continued by hand gives the same crop, also where it is averaged and turned.
    image = scene(5)
    wide = np.pad(image, ((250, 250), (250, 250), (0, 0)), mode=pad)
    for scale in (0.7, 2.4):
        places = moved(turned(0.3, scale, (0, 0)), template(option()) - 55.5) + 30
        found = align(image, places, option(border=border, interpolation=kernel))
        assert np.abs(found.astype(int) - align(wide, places + 250, option(interpolation=kernel))).max() <= 1
        black = align(image, places, option(interpolation=kernel))
        assert (black[:5, :5] == 0).all()
        assert (found[:5, :5] > 0).any()


def placed(name: str, angle: float, scale: float) -> tuple[Any, Any]:
    """Turn and scale a rendered picture; give it with its true landmarks."""
    film = person(name)
    matrix = turned(angle, scale, (0, 0))
    matrix[:, 2] = 300 - matrix[:, :2] @ film.points[0, :5].mean(0)
    image = cv2.warpAffine(film.frames[0], matrix, (600, 600), flags=cv2.INTER_CUBIC)
    return image, moved(matrix, film.points[0, :5])


@pytest.mark.parametrize("angle", [0.5, -1.2, 3.0])
@pytest.mark.parametrize("scale", [1.0, 1.7])
def test_turning_and_scaling_the_picture_changes_nothing(angle: float, scale: float) -> None:
    options = option(size=96, margin=1.0)
    upright, other = (align(*placed("ann", *how), options).astype(int) for how in ((0.0, 1.0), (angle, scale)))
    assert np.abs(upright - other).mean() < 3
    assert np.abs(upright - other[:, ::-1]).mean() > 6


@pytest.mark.parametrize(("angle", "scale"), [(0.0, 1.0), (0.3, 0.8), (-0.25, 1.8)])
def test_the_eyes_of_found_faces_land_on_the_template(angle: float, scale: float) -> None:
    detector = build(choose({"name": "mtcnn", "min_face": 0.1, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709}))
    options = option(size=224, margin=1.3)
    away = []
    for name in ("ann", "bob", "cleo"):
        image, truth = placed(name, angle, scale)
        (faces,) = find([image], detector, 1)
        eyes = moved(transform(faces.landmarks[0], options), truth[:2])
        away += np.hypot(*(eyes - template(options)[:2]).T).tolist()
    assert np.mean(away) < 3
    assert max(away) < 5


# How a face is held ---------------------------------------------------------------------------------------------------


@given(st.floats(-70, 70), st.floats(-170, 170))
def test_turn_and_tilt_of_a_model_head_seen_from_afar(yaw_: float, roll_: float) -> None:
    places = heads.head(yaw_, 0, roll_, 1e5)
    assert yaw(*places[:3]) == pytest.approx(yaw_, abs=0.5)
    assert roll(*places[:2]) == pytest.approx(roll_, abs=0.5)


@given(st.floats(-40, 40), st.floats(-15, 15), st.floats(-30, 30), st.floats(50, 500))
def test_nodding_and_nearness_spoil_the_turn_only_roughly(yaw_: float, pitch: float, roll_: float, far: float) -> None:
    places = heads.head(yaw_, pitch, roll_, far)
    assert yaw(*places[:3]) == pytest.approx(yaw_, abs=15)
    assert roll(*places[:2]) == pytest.approx(roll_, abs=15)


def test_rendered_heads_are_held_as_they_were_rendered() -> None:
    found, truth = heads.rendered()
    np.testing.assert_allclose(found[:, 1], truth[:, 1], atol=0.01)
    # Rendered noses are flat, so the turn comes out too small, but by the same factor for everybody.
    assert np.ptp(truth[:, 0]) > 10
    assert np.corrcoef(found[:, 0], truth[:, 0])[0, 1] > 0.98
    assert 0.3 < (found[:, 0] @ truth[:, 0]) / (truth[:, 0] @ truth[:, 0]) < 1


def test_turn_agrees_roughly_with_a_pose_fitted_to_many_published_landmarks(shared: Path) -> None:
    found, fitted = heads.fitted(shared / "data/stills")
    assert len(found) >= 6
    assert np.abs(found - fitted).mean() < 14
    assert np.corrcoef(found, fitted)[0, 1] > 0.8


# Storage --------------------------------------------------------------------------------------------------------------


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


# What a crop looks like -----------------------------------------------------------------------------------------------


def scene(seed: int, size: int = 128) -> Any:
    """Draw soft blobs, so that near pixels are alike as in a photograph."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((size, size, 3)).astype(np.float32)
    soft = np.sum([cv2.GaussianBlur(noise, (0, 0), sigma) * sigma for sigma in (2, 6, 18)], axis=0)
    return np.clip(128 + 60 * soft / soft.std(), 0, 255).astype(np.uint8)


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


# The step -------------------------------------------------------------------------------------------------------------


def face(video: str, frame: int, number: int, track: int, side: float, score: float = 1.0) -> dict[str, Any]:
    """Make a row of `faces` whose box is a square and whose landmarks are the template in it."""
    corner = np.array([50.0, 40.0])
    places = (corner + TEMPLATE * side).ravel()
    box = [*corner, *(corner + side)]
    row = {
        "video": video,
        "frame": frame,
        "face": number,
        "status": "ok",
        "score": score,
        "track": track,
        "from_pair": False,
    }
    return row | dict(zip((*BOX, *LANDMARKS), [*map(float, box), *map(float, places)], strict=True))


def missing(video: str, frame: int, status: str) -> dict[str, Any]:
    return face(video, frame, -1, -1, 0, 0.0) | {"status": status} | dict.fromkeys((*BOX, *LANDMARKS), 0.0)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three videos: one with two tracks and a frame without a face, one small, one that does not decode."""
    rng = np.random.default_rng(2)
    noise = [rng.integers(0, 256, (200, 240, 3), dtype=np.uint8) for _ in range(4)]
    write_frames(tmp_path / "frames", {"c/a": noise[:3], "c/a-b": noise[3:], "c/bad": "undecodable"})
    rows = [
        face("c/a", 0, 0, 0, 100), face("c/a", 0, 1, 1, 90), face("c/a", 10, 0, 1, 80), missing("c/a", 20, "no_face"),
        face("c/a-b", 0, 0, 0, 60, 0.5), missing("c/bad", -1, "undecodable"),
    ]  # fmt: skip
    FACES.write(rows, tmp_path / "faces")
    return tmp_path


def run(corpus: Path, out: Path, **changed: Any) -> list[dict[str, Any]]:
    crop(corpus / "frames", corpus / "faces", corpus, out / "tables", out / "shards", chosen(**changed), LIMITS)
    return CROPS.rows(out / "tables")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("largest", {("c/a", 0): [0], ("c/a", 10): [0], ("c/a-b", 0): [0]}),
        ("best_track", {("c/a", 0): [1], ("c/a", 10): [0], ("c/a-b", 0): [0]}),
        ("all", {("c/a", 0): [0, 1], ("c/a", 10): [0], ("c/a-b", 0): [0]}),
    ],
)
def test_rules_choose_faces_and_every_frame_has_a_row(corpus: Path, rule: str, expected: dict[Any, Any]) -> None:
    rows = run(corpus, corpus / "out", face=rule)
    found: dict[Any, Any] = {}
    for row in rows:
        if row["status"] == "ok":
            found.setdefault((row["video"], row["frame"]), []).append(row["face"])
    assert found == expected
    others = {(row["video"], row["frame"], row["face"]): row["status"] for row in rows if row["status"] != "ok"}
    assert others == {("c/a", 20, -1): "no_face", ("c/bad", -1, -1): "undecodable"}
    assert all(row["shard"] == row["sha256"] == "" for row in rows if row["status"] != "ok")
    assert all((row["phash"], row["sharpness"]) == (b"", 0) for row in rows if row["status"] != "ok")


def test_a_frame_without_the_best_track_has_no_face(corpus: Path) -> None:
    FACES.write(
        [face("c/a", 0, 0, 0, 100), face("c/a", 10, 0, 1, 80), missing("c/a", 20, "no_face"),
         missing("c/a-b", 0, "no_face"), missing("c/bad", -1, "undecodable")],
        corpus / "faces",
    )  # fmt: skip
    rows = run(corpus, corpus / "out")
    assert [row["status"] for row in rows] == ["ok", "no_face", "no_face", "no_face", "undecodable"]


def test_crops_are_what_align_gives(corpus: Path) -> None:
    rows = run(corpus, corpus / "out", face="all")
    faces = {(row["video"], row["frame"], row["face"]): row for row in FACES.rows(corpus / "faces")}
    rng = np.random.default_rng(2)
    frames = [rng.integers(0, 256, (200, 240, 3), dtype=np.uint8) for _ in range(4)]
    for row in (row for row in rows if row["status"] == "ok"):
        known = faces[row["video"], row["frame"], row["face"]]
        places = np.reshape([known[name] for name in LANDMARKS], (5, 2))
        frame = frames[3 if row["video"] == "c/a-b" else row["frame"] // 10]
        stored = read_crop(corpus / "out/shards", Place(row["shard"], row["offset"], row["size"]), row["sha256"])
        np.testing.assert_array_equal(stored, align(frame, places, chosen()))
        assert row["phash"] == phash(stored)
        assert row["sharpness"] == pytest.approx(sharpness(stored), rel=1e-6)
        side = known["x1"] - known["x0"]
        assert row["face_size"] == pytest.approx(side, rel=1e-6)
        assert row["roll"] == pytest.approx(roll(*places[:2]), abs=1e-4)
        assert row["yaw"] == pytest.approx(yaw(*places[:3]), abs=1e-4)
        assert row["eye_distance"] == pytest.approx(side * np.hypot(*(TEMPLATE[1] - TEMPLATE[0])), rel=1e-5)


def test_jpeg_crops_are_named_and_measured_as_they_come_back(corpus: Path) -> None:
    rows = run(corpus, corpus / "out", face="all", shards=1, picture={"format": "jpeg", "quality": 90})
    pngs = {(row["video"], row["frame"], row["face"]): row for row in run(corpus, corpus / "png", face="all")}
    with tarfile.open(corpus / "out/shards/0.tar") as tar:
        assert all(name.endswith(".jpg") for name in tar.getnames())
    for row in (row for row in rows if row["status"] == "ok"):
        stored = read_crop(corpus / "out/shards", Place(row["shard"], row["offset"], row["size"]), row["sha256"])
        assert row["phash"] == phash(stored)
        assert row["sharpness"] == pytest.approx(sharpness(stored), rel=1e-6)
        assert row["sharpness"] != pngs[row["video"], row["frame"], row["face"]]["sharpness"]


def test_frames_that_nobody_looked_at_have_no_row(corpus: Path) -> None:
    faces = FACES.rows(corpus / "faces")
    FACES.write([row | {"status": "spare"} if row["frame"] == 20 else row for row in faces], corpus / "faces")
    assert {(row["video"], row["frame"]) for row in run(corpus, corpus / "out")} == {
        ("c/a", 0), ("c/a", 10), ("c/a-b", 0), ("c/bad", -1),
    }  # fmt: skip


def test_crops_outside_the_frame_follow_the_border(corpus: Path) -> None:
    FACES.write(
        [face("c/a", 0, 0, 0, 400), missing("c/a", 10, "no_face"), missing("c/a", 20, "no_face"),
         missing("c/a-b", 0, "no_face"), missing("c/bad", -1, "undecodable")],
        corpus / "faces",
    )  # fmt: skip
    corners = {}
    for border in ("black", "replicate", "reflect"):
        row = run(corpus, corpus / "out", border=border)[0]
        crop_ = read_crop(corpus / "out/shards", Place(row["shard"], row["offset"], row["size"]), row["sha256"])
        corners[border] = crop_[-8:, -8:].astype(float)
    assert corners["black"].max() == 0
    assert corners["replicate"].std((0, 1)).max() < 1
    assert corners["reflect"].std((0, 1)).min() > 4


def test_members_are_sorted_and_named_by_frame_and_face(corpus: Path) -> None:
    run(corpus, corpus / "out", face="all", shards=1)
    with tarfile.open(corpus / "out/shards/0.tar") as tar:
        members = tar.getnames()
    assert members == ["c/a-b/000000_0.png", "c/a/000000_0.png", "c/a/000000_1.png", "c/a/000010_0.png"]
    assert all(first < second for first, second in pairwise(members))


def test_any_number_of_workers_gives_the_same_bytes(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for workers in (1, 2):
        monkeypatch.setenv("UNMASK_WORKERS", str(workers))
        monkeypatch.setenv("UNMASK_CACHE", str(corpus / f"cache{workers}"))
        out = corpus / f"out{workers}"
        run(corpus, out)
        written.append({p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert written[0] == written[1]
    assert len(written[0]) > 1


def test_a_shard_of_an_earlier_run_is_removed(corpus: Path) -> None:
    run(corpus, corpus / "out", shards=512)
    run(corpus, corpus / "out", shards=1)
    assert [path.name for path in (corpus / "out/shards").iterdir()] == ["0.tar"]


def test_no_face_at_all_gives_an_empty_folder_of_shards(tmp_path: Path) -> None:
    write_frames(tmp_path / "frames", {"c/a": [blank()]})
    FACES.write([missing("c/a", 0, "no_face")], tmp_path / "faces")
    assert [row["status"] for row in run(tmp_path, tmp_path / "out")] == ["no_face"]
    assert list((tmp_path / "out/shards").iterdir()) == []


def test_faces_of_other_frames_are_refused(corpus: Path) -> None:
    rows = FRAMES.rows(corpus / "frames")
    FRAMES.write([row for row in rows if row["frame"] != 10], corpus / "frames")
    with pytest.raises(DataError, match="run detect again"):
        run(corpus, corpus / "out")


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"face": "track"}, "crop.face"),
        ({"border": "wrap"}, "crop.border"),
        ({"picture": {"format": "png", "level": 0}}, "crop.picture.level"),
        ({"picture": {"format": "png", "quality": 95}}, "crop.picture.quality"),
        ({"picture": {"format": "jpeg", "quality": 101}}, "crop.picture.quality"),
        ({"picture": {"format": "webp"}}, "crop.picture"),
        ({"size": 8}, "crop.size"),
        ({"margin": "1"}, "crop.margin"),
        ({"sze": 1}, "crop.sze"),
    ],
)
def test_wrong_parameters_are_named(tmp_path: Path, changed: dict[str, Any], key: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(str({"crop": VALUES | changed}))
    with pytest.raises(ParamsError, match=f"`{key}`"):
        params.load("crop", path)
