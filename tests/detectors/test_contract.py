"""Every face detector keeps the contract, on real weights and published faces."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stills import EMPTY, OPTIONS, detector, error, nearest, options, picture, published

from unmask.detect.detector import Detector, Found, build, names
from unmask.detect.params import choose
from unmask.errors import DataError
from unmask.hashing import file_sha256

# What each finds on pictures without a face at its options in `stills`.
DOGS = "examples_faces_dogs.jpg"
FALSE = {"mtcnn": {}, "retinaface": {DOGS: 2}, "retinaface_onnx": {DOGS: 2}, "yunet": {DOGS: 1}}
# Largest mean error over the published faces, in eye distances.
ERROR = {"mtcnn": 0.08, "retinaface": 0.10, "retinaface_onnx": 0.10, "yunet": 0.14}
FILES = sorted(OPTIONS.keys() - {"mtcnn"})


@pytest.fixture(params=OPTIONS)
def name(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    if given == "retinaface_onnx":
        pytest.importorskip("onnxruntime")
    return given


@pytest.fixture
def coarse(name: str, shared: Path) -> Detector:
    return detector(name, shared)


@pytest.fixture
def fine(name: str, shared: Path) -> Detector:
    return detector(name, shared, min_face=0.03)


def face_of(shared: Path) -> tuple[Any, Any]:
    """Give a picture with one published face, and the landmarks."""
    _, path, (face,) = next(published(shared / "data/stills"))
    return picture(path), face


def test_all_of_them_are_tested() -> None:
    assert sorted(OPTIONS) == names()


def test_published_faces_are_found_with_their_landmarks(name: str, fine: Detector, shared: Path) -> None:
    truth = published(shared / "data/stills")
    errors = [nearest(fine([picture(path)])[0], face) for _, path, faces in truth for face in faces]
    assert len(errors) == 14
    # With two landmarks swapped the error of a face is above 0.4.
    assert max(errors) < 0.25
    assert np.mean(errors) < ERROR[name]


def test_false_faces_are_the_known_ones(name: str, coarse: Detector, shared: Path) -> None:
    counts = {file: len(coarse([picture(shared / "data/stills" / file)])[0]) for file in EMPTY}
    assert {file: count for file, count in counts.items() if count} == FALSE[name]


def test_left_and_right_are_as_seen_in_the_picture(fine: Detector, shared: Path) -> None:
    (faces,) = fine([picture(shared / "data/stills/data_images_t1.jpg")])
    assert len(faces) >= 6
    left_eye, right_eye, nose, mouth_left, mouth_right = faces.landmarks.transpose(1, 0, 2)
    assert (left_eye[:, 0] < right_eye[:, 0]).all()
    assert (mouth_left[:, 0] < mouth_right[:, 0]).all()
    assert (nose[:, 1] < np.minimum(mouth_left[:, 1], mouth_right[:, 1])).all()


def test_landmarks_agree_with_those_of_mtcnn(fine: Detector, shared: Path) -> None:
    image = picture(shared / "data/stills/examples_faces_2008_002470.jpg")
    (others,), (faces,) = detector("mtcnn", shared, min_face=0.03)([image]), fine([image])
    assert len(others) >= 5
    assert max(nearest(faces, landmarks) for landmarks in others.landmarks) < 0.25


@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (11, 300), (12, 12), (13, 57), (300, 31), (3, 2000), (1500, 1)])
def test_odd_sizes_give_well_formed_answers(coarse: Detector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, *shape, 3), dtype=np.uint8)
    found = coarse(list(noise))
    assert len(found) == 3
    assert all(well_formed(faces) for faces in found)


def well_formed(faces: Found) -> bool:
    shapes = [part.shape for part in (faces.boxes, faces.landmarks, faces.scores)]
    types = {part.dtype for part in (faces.boxes, faces.landmarks, faces.scores)}
    right = shapes == [(len(faces), 4), (len(faces), 5, 2), (len(faces),)] and types == {np.dtype(np.float32)}
    return right and bool(((faces.scores >= 0) & (faces.scores <= 1)).all())


def test_frames_of_a_batch_keep_to_themselves(coarse: Detector, shared: Path) -> None:
    image, _ = face_of(shared)
    frames = [np.zeros_like(image), image, np.zeros_like(image), np.ascontiguousarray(image[:, ::-1])]
    together, alone = coarse(frames), [coarse([frame])[0] for frame in frames]
    assert [len(faces) for faces in together] == [0, 1, 0, 1]
    for many, one in zip(together, alone, strict=True):
        np.testing.assert_allclose(many.boxes, one.boxes, atol=0.05)
        np.testing.assert_allclose(many.landmarks, one.landmarks, atol=0.05)


def test_places_are_those_of_the_frame_at_any_size(coarse: Detector, shared: Path) -> None:
    image, truth = face_of(shared)
    (faces,) = coarse([image.repeat(2, axis=0).repeat(2, axis=1)])
    # A pixel's centre at x moves to 2 x + 1/2.
    assert error((faces.landmarks[0] - 0.5) / 2, truth) < 0.2


def test_smaller_faces_than_asked_for_are_left_out(name: str, shared: Path) -> None:
    image, _ = face_of(shared)
    frame = np.zeros((image.shape[0] * 4, image.shape[1] * 4, 3), np.uint8)
    frame[: image.shape[0], : image.shape[1]] = image
    found = {share: len(detector(name, shared, min_face=share)([frame])[0]) for share in (0.05, 0.4)}
    assert found == {0.05: 1, 0.4: 0}


# Weights --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES, indirect=True)
def test_other_weights_than_named_are_refused(name: str, shared: Path, tmp_path: Path) -> None:
    given = options(name, shared)
    other = tmp_path / Path(given["weights"]).name
    with pytest.raises(DataError, match=r"`detect\.detector\.weights`: .* does not exist\."):
        build_with(given, weights=str(other))
    other.write_bytes(b"something else")
    with pytest.raises(DataError, match=r"is not the file that `sha256` names"):
        build_with(given, weights=str(other))


@pytest.mark.parametrize("name", FILES, indirect=True)
def test_what_is_no_network_is_refused(name: str, shared: Path, tmp_path: Path) -> None:
    given = options(name, shared)
    other = tmp_path / Path(given["weights"]).name
    other.write_bytes(b"something else")
    with pytest.raises(DataError, match=r"`detect\.detector\.weights`.* (cannot load|can be read)"):
        build_with(given, weights=str(other), sha256=file_sha256(other))


@pytest.mark.parametrize(
    ("name", "other"), [("yunet", "retinaface_onnx"), ("retinaface_onnx", "yunet")], indirect=["name"]
)
def test_a_network_of_another_kind_is_refused_in_one_line(name: str, other: str, shared: Path) -> None:
    weights = {key: value for key, value in options(other, shared).items() if key in ("weights", "sha256")}
    with pytest.raises(DataError, match=r"`detect\.detector\.weights`: .*(as YuNet|is no RetinaFace)") as raised:
        build_with(options(name, shared), **weights)
    assert "\n" not in str(raised.value)


def build_with(given: dict[str, Any], **changed: Any) -> Detector:
    return build(choose(given | changed))
