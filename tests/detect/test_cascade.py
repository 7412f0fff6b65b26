"""MTCNN: published faces are found, also at edges, in larger and in mirrored pictures."""

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from detect.detecting import OPTIONS, detector_of, settings
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from facenet_pytorch.models.utils.detect_face import detect_face
from stills import EMPTY, error, nearest, picture, published
from tiny_clips import blank, person

from unmask.detect.detector import Detector, build
from unmask.detect.faces import find
from unmask.detect.tracks import iou


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 60), (11, 300), (12, 12), (13, 57), (300, 31)])
def test_odd_sizes_give_well_formed_answers(name: str, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, *shape, 3), dtype=np.uint8)
    found = build(settings(detector=OPTIONS[name]).detector)(list(noise))
    assert len(found) == 3
    for faces in found:
        assert faces.boxes.shape == (len(faces), 4)
        assert faces.landmarks.shape == (len(faces), 5, 2)
        assert {faces.boxes.dtype, faces.landmarks.dtype, faces.scores.dtype} == {np.dtype(np.float32)}
        assert ((faces.scores >= 0) & (faces.scores <= 1)).all()


@pytest.mark.parametrize("name", OPTIONS)
def test_left_and_right_are_as_seen_in_the_picture(name: str) -> None:
    (faces,) = build(settings(detector=OPTIONS[name]).detector)([person("ann").frames[0]])
    left_eye, right_eye, nose, mouth_left, mouth_right = faces.landmarks[0]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert mouth_left[0] < mouth_right[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


def test_published_faces_are_found_with_their_landmarks(shared: Path) -> None:
    detector = detector_of(min_face=0.03)
    truth = published(shared / "data/stills")
    errors = [nearest(detector([picture(path)])[0], face) for _, path, faces in truth for face in faces]
    assert len(errors) == 14
    assert max(errors) < 0.15
    assert np.mean(errors) < 0.08


@pytest.mark.parametrize("name", EMPTY)
def test_pictures_without_a_face_give_none(shared: Path, mtcnn: Detector, name: str) -> None:
    (faces,) = mtcnn([picture(shared / "data/stills" / name)])
    assert len(faces) == 0


def test_lower_thresholds_find_more(shared: Path) -> None:
    pictures = [picture(shared / "data/stills" / name) for name in EMPTY]
    pictures += [picture(path) for _, path, _ in published(shared / "data/stills")]
    found = []
    for least in (0.7, 0.3, 0.05):
        detector = build(settings(detector=OPTIONS["mtcnn"] | {"thresholds": [0.6, 0.7, least]}).detector)
        scores = np.concatenate([detector([image])[0].scores for image in pictures])
        assert scores.min() >= least
        found.append(len(scores))
    assert found[0] < found[1] < found[2]


def test_agrees_with_the_library_where_nothing_is_cut(shared: Path) -> None:
    detector, nets = detector_of(min_face=0.1), (PNet(), RNet(), ONet())
    for _, path, _ in islice(published(shared / "data/stills"), 4):
        image = picture(path)
        with torch.inference_mode():
            found: Any = detect_face(image[None], 0.1 * min(image.shape[:2]), *nets, [0.6, 0.7, 0.7], 0.709, "cpu")
        boxes, points = (np.array(part[0].tolist()) for part in found)
        faces = find([image], detector, 1)[0]
        assert len(faces) == len(boxes) == 1
        assert error(faces.landmarks[0], points[0]) < 0.08
        assert iou(faces.boxes, boxes[:, :4]) > 0.85


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2])
def test_a_face_cut_by_the_edge_keeps_its_landmarks(mtcnn: Detector, share: float) -> None:
    frame = person("ann").frames[0]
    (whole,) = find([frame], mtcnn, 1)
    start = int(whole.boxes[0, 0] + share * (whole.boxes[0, 2] - whole.boxes[0, 0]))
    (cut,) = find([np.ascontiguousarray(frame[:, start:])], mtcnn, 1)
    assert error(cut.landmarks[0] + [start, 0], whole.landmarks[0]) < 0.12


def test_frames_of_a_batch_keep_to_themselves(mtcnn: Detector) -> None:
    frames = [blank(), person("ann").frames[0], blank(), person("bob").frames[1], person("ann").frames[2]]
    together, alone = mtcnn(frames), [mtcnn([frame])[0] for frame in frames]
    assert [len(faces) for faces in together] == [0, 1, 0, 1, 1]
    for many, one in zip(together, alone, strict=True):
        np.testing.assert_allclose(many.boxes, one.boxes, atol=0.01)
        np.testing.assert_allclose(many.landmarks, one.landmarks, atol=0.01)


def test_a_larger_picture_gives_the_same_places(mtcnn: Detector) -> None:
    errors = []
    for frame in (frame for name in ("bob", "ann") for frame in person(name).frames):
        large = np.ascontiguousarray(frame.repeat(5, axis=0).repeat(5, axis=1))
        (small,), (big,) = mtcnn([frame]), mtcnn([large])
        # The first pixel's centre moves from 0 to 2.
        errors.append(error((big.landmarks[0] - 2) / 5, small.landmarks[0]))
    assert max(errors) < 0.03
    assert np.mean(errors) < 0.02


def test_a_mirrored_picture_gives_mirrored_places(mtcnn: Detector) -> None:
    for frame in (frame for name in ("bob", "ann") for frame in person(name).frames):
        (seen,), (flipped,) = mtcnn([frame]), mtcnn([np.ascontiguousarray(frame[:, ::-1])])
        landmarks = flipped.landmarks[0][[1, 0, 2, 4, 3]] * [-1, 1] + [frame.shape[1] - 1, 0]
        assert error(landmarks, seen.landmarks[0]) < 0.04


def test_smaller_faces_than_asked_for_are_left_out() -> None:
    frame = np.concatenate([person("ann").frames[0], blank(768, 320)])
    frame = np.concatenate([frame, blank(1024, 704)], axis=1)
    found = {share: len(detector_of(min_face=share)([frame])[0]) for share in (0.05, 0.4)}
    assert found == {0.05: 1, 0.4: 0}
