"""Detect: published faces are found, batches change nothing, tracks follow faces, every frame has a row."""

import json
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from facenet_pytorch.models.utils.detect_face import detect_face
from stills import EMPTY, error, nearest, picture, published
from tiny_clips import blank, person, write_frames

from unmask import params
from unmask.detect import step
from unmask.detect.detector import Detector, Found, build, names
from unmask.detect.faces import areas, find
from unmask.detect.params import Params
from unmask.detect.step import detect
from unmask.detect.tables import BOX, FACES, LANDMARKS
from unmask.detect.tracks import iou, link
from unmask.errors import ParamsError

OPTIONS: dict[str, dict[str, Any]] = {
    "mtcnn": {"name": "mtcnn", "min_face": 0.15, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709},
}
VALUES = {"detector": OPTIONS["mtcnn"], "batch": 8, "track_iou": 0.1}


def settings(**changed: Any) -> Params:
    return params.parse(Params, VALUES | changed, Path("params.yaml"))


def detector_of(**changed: Any) -> Detector:
    return build(settings(detector=OPTIONS["mtcnn"] | changed).detector)


@pytest.fixture(scope="module")
def mtcnn() -> Detector:
    return detector_of()


# The contract (the other face detectors: tests/detectors) -------------------------------------------------------------


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


# MTCNN ----------------------------------------------------------------------------------------------------------------


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


def test_agrees_with_the_library_where_nothing_is_cut(shared: Path) -> None:
    detector: Any = detector_of(min_face=0.1)
    for _, path, _ in islice(published(shared / "data/stills"), 4):
        image = picture(path)
        nets = (detector._pnet, detector._rnet, detector._onet)
        place = next(nets[0].parameters()).device
        with torch.inference_mode():
            found: Any = detect_face(image[None], 0.1 * min(image.shape[:2]), *nets, [0.6, 0.7, 0.7], 0.709, place)
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
    frame = person("bob").frames[0]
    large = np.ascontiguousarray(frame.repeat(5, axis=0).repeat(5, axis=1))
    (small,), (big,) = mtcnn([frame]), mtcnn([large])
    # The first pixel's centre moves from 0 to 2.
    assert error((big.landmarks[0] - 2) / 5, small.landmarks[0]) < 0.03


def test_smaller_faces_than_asked_for_are_left_out() -> None:
    frame = np.concatenate([person("ann").frames[0], blank(768, 320)])
    frame = np.concatenate([frame, blank(1024, 704)], axis=1)
    found = {share: len(detector_of(min_face=share)([frame])[0]) for share in (0.05, 0.4)}
    assert found == {0.05: 1, 0.4: 0}


# Batches and order ----------------------------------------------------------------------------------------------------


def test_batches_hold_one_size_and_no_more_than_asked_for() -> None:
    seen = []

    def spy(frames: Any) -> list[Found]:
        seen.append([frame.shape[:2] for frame in frames])
        return [Found(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))] * len(
            frames
        )

    assert len(find([blank(8, 8)] * 5 + [blank(4, 8)] * 2, spy, 3)) == 7
    assert seen == [[(8, 8)] * 3, [(8, 8)] * 2, [(4, 8)] * 2]
    assert find([], spy, 3) == []


def test_the_largest_face_comes_first(shared: Path) -> None:
    ((faces),) = find([picture(shared / "data/stills/examples_faces_bald_guys.jpg")], detector_of(min_face=0.05), 1)
    assert len(faces) > 5
    assert all(first >= second for first, second in pairwise(areas(faces.boxes)))


# Tracks ---------------------------------------------------------------------------------------------------------------


def boxes(*corners: tuple[float, float], side: float = 10) -> Any:
    return np.array([[x, y, x + side, y + side] for x, y in corners], np.float32).reshape(-1, 4)


def test_two_faces_that_cross_keep_their_tracks() -> None:
    # They pass above one another, each step a fifth of a side; the larger one, listed first, changes half-way.
    frames = []
    for n in range(11):
        pair = [(2.0 * n, 0.0), (20 - 2.0 * n, 6.0)]
        frames.append(boxes(*(pair if n < 6 else pair[::-1])))
    assert link(frames, 0.3) == [[0, 1]] * 6 + [[1, 0]] * 5


def test_a_gap_does_not_end_a_track() -> None:
    frames = [boxes((0, 0)), boxes(), boxes((50, 0)), boxes((51, 0), (1, 0))]
    assert link(frames, 0.3) == [[0], [], [1], [1, 0]]


def test_pairs_are_matched_for_the_largest_sum() -> None:
    # Greedily, face 0 would take track 1 (overlap 9/11) and leave track 0 without a partner.
    frames = [boxes((0, 0), (5, 0)), boxes((4, 0), (8, 0))]
    assert link(frames, 0.3) == [[0, 1], [0, 1]]


def test_a_face_that_jumps_starts_a_track() -> None:
    assert link([boxes((0, 0)), boxes((9, 0))], 0.1) == [[0], [1]]
    assert link([boxes((0, 0)), boxes((8, 0))], 0.1) == [[0], [0]]


def test_overlap_of_boxes() -> None:
    assert iou(boxes((0, 0)), boxes((0, 0), (5, 0), (10, 0), (5, 5)))[0] == pytest.approx([1, 1 / 3, 0, 25 / 175])
    assert iou(boxes((0, 0), side=0), boxes((0, 0), side=0))[0, 0] == 0


# The parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "retina"}, f"`detect.detector.name` must be one of {', '.join(names())} (given: 'retina')"),
        ({}, f"`detect.detector.name` must be one of {', '.join(names())}"),
        (OPTIONS["mtcnn"] | {"min_face": 2}, "`detect.detector.min_face`"),
        (OPTIONS["mtcnn"] | {"factor": "0.7"}, "`detect.detector.factor`"),
        (OPTIONS["mtcnn"] | {"smallest": 1}, "`detect.detector.smallest` unknown key"),
        ("mtcnn", "`detect.detector` must be a mapping"),
    ],
)
def test_wrong_options_are_named(tmp_path: Path, values: Any, expected: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"detect": VALUES | {"detector": values}}))
    with pytest.raises(ParamsError) as caught:
        params.load("detect", path)
    assert expected in str(caught.value)


def test_options_survive_a_round_trip() -> None:
    given = settings()
    assert given.model_dump(mode="json") == VALUES
    assert settings(**given.model_dump(mode="json")) == given


# The step -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    ann, bob = person("ann").frames, person("bob").frames
    pair = np.concatenate([ann[1], bob[1]], axis=1)
    videos = {"c/ann": [ann[0], blank(), ann[2]], "c/duo": [pair], "c/none": [blank(4, 4)], "c/odd": "undecodable"}
    folder: Path = write_frames(tmp_path / "frames", videos)
    return folder


def test_every_frame_has_a_row(clips: Path, tmp_path: Path) -> None:
    detect(clips, tmp_path / "out", settings())
    rows = FACES.rows(tmp_path / "out")
    names = ("video", "frame", "face", "status", "track")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("c/ann", 0, 0, "ok", 0),
        ("c/ann", 10, -1, "no_face", -1),
        ("c/ann", 20, 0, "ok", 0),
        ("c/duo", 0, 0, "ok", 0),
        ("c/duo", 0, 1, "ok", 1),
        ("c/none", 0, -1, "no_face", -1),
        ("c/odd", -1, -1, "undecodable", -1),
    ]
    truth = person("ann").points[0, :5]
    assert error(np.reshape([rows[0][name] for name in LANDMARKS], (5, 2)), truth) < 0.12
    assert all(row[name] == 0 for row in rows for name in (*BOX, *LANDMARKS, "score") if row["face"] < 0)


def test_any_number_of_workers_gives_the_same_bytes(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    for workers in (1, 2):
        monkeypatch.setenv("UNMASK_WORKERS", str(workers))
        monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / f"cache{workers}"))
        detect(clips, tmp_path / f"out{workers}", settings())
        written.append((tmp_path / f"out{workers}" / "faces.parquet").read_bytes())
    assert written[0] == written[1]


def test_other_tracks_detect_nothing_again(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detect(clips, tmp_path / "out", settings())

    def fail(options: object) -> Detector:
        raise AssertionError("it detects again")

    monkeypatch.setattr(step, "_detector", fail)
    detect(clips, tmp_path / "out", settings(track_iou=1.0))
    assert [row["track"] for row in FACES.rows(tmp_path / "out")] == [0, -1, 1, 0, 1, -1, -1]
    with pytest.raises(RuntimeError, match=r"c/ann.*it detects again"):
        detect(clips, tmp_path / "out", settings(batch=7))
