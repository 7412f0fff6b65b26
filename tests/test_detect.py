"""Detect: published faces are found, batches change nothing, tracks follow faces, every frame has a row."""

import json
import os
import shutil
import subprocess
import sys
from itertools import combinations, islice, pairwise, permutations
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from facenet_pytorch.models.utils.detect_face import detect_face
from stills import EMPTY, error, nearest, picture, published
from tiny_clips import LIMITS, blank, person, write_frames

from unmask import params
from unmask.detect import search as searching
from unmask.detect.detector import Detector, Found, build, names
from unmask.detect.faces import areas, find
from unmask.detect.params import Params
from unmask.detect.search import search, settled
from unmask.detect.step import detect
from unmask.detect.tables import BOX, FACES, LANDMARKS
from unmask.detect.tracks import iou, link, matched
from unmask.errors import ParamsError
from unmask.extract.tables import FRAMES

OPTIONS: dict[str, dict[str, Any]] = {
    "mtcnn": {"name": "mtcnn", "min_face": 0.15, "thresholds": [0.6, 0.7, 0.7], "factor": 0.709},
}
VALUES = {"detector": OPTIONS["mtcnn"], "batch": 8, "paired": "own", "track_iou": 0.1}


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


# The order in which frames are tried ----------------------------------------------------------------------------------


def candidates(ranks: list[int], enough: int) -> list[dict[str, Any]]:
    return [{"frame": 10 * n, "rank": rank, "enough": enough} for n, rank in enumerate(ranks)]


@pytest.mark.parametrize("most", [1, 2, 3, 8])
@pytest.mark.parametrize("enough", [0, 1, 2, 3, 4])
def test_frames_are_tried_by_rank_until_enough_have_a_face(enough: int, most: int) -> None:
    ranks, with_face = [3, 0, 4, 1, 2], {10, 20, 40}
    groups: list[list[int]] = []

    def look(fresh: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
        groups.append([row["frame"] for row in fresh])
        return {row["frame"]: [{"frame": row["frame"], "face": 0}] * (row["frame"] in with_face) for row in fresh}

    found = search(candidates(ranks, enough), {}, look, most)
    # By rank: 10 (a face), 30, 40 (a face), 0, 20 (a face).
    expected = [10, 30, 40, 0, 20][: {0: 5, 1: 1, 2: 3, 3: 5, 4: 5}[enough]]
    assert [frame for group in groups for frame in group] == list(found) == expected
    assert max(map(len, groups)) <= most


def test_known_frames_count_and_are_not_looked_at() -> None:
    rows = candidates([0, 1, 2, 3], enough=2)
    known = {0: [{"frame": 0, "face": 0}], 10: []}
    looked: list[int] = []

    def look(fresh: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
        looked.extend(row["frame"] for row in fresh)
        return {row["frame"]: [{"frame": row["frame"], "face": 0}] for row in fresh}

    assert list(search(rows, known, look, 8)) == [0, 10, 20]
    assert looked == [20]
    assert settled(rows, known) is None
    assert settled(candidates([0, 1, 2, 3], enough=1), known) == {0: known[0]}


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


def test_any_boxes_are_paired_for_the_largest_sum() -> None:
    rng = np.random.default_rng(1)
    for rows, columns in rng.integers(1, 4, (300, 2)):
        overlap = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.5)
        best = max(
            sum(overlap[row, column] for row, column in zip(some, chosen, strict=True))
            for size in range(min(rows, columns) + 1)
            for some in combinations(range(rows), size)
            for chosen in permutations(range(columns), size)
        )
        pairs = matched(overlap)
        assert sum(overlap[pair] for pair in pairs) == pytest.approx(best)
        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)


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
    detect(clips, tmp_path, tmp_path / "out", settings(), LIMITS)
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
        detect(clips, tmp_path, tmp_path / f"out{workers}", settings(), LIMITS)
        written.append((tmp_path / f"out{workers}" / "faces.parquet").read_bytes())
    assert written[0] == written[1]


def test_other_tracks_detect_nothing_again(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detect(clips, tmp_path, tmp_path / "out", settings(), LIMITS)

    def fail(options: object) -> Detector:
        raise AssertionError("it detects again")

    monkeypatch.setattr(searching, "_detector", fail)
    detect(clips, tmp_path, tmp_path / "out", settings(track_iou=1.0), LIMITS)
    assert [row["track"] for row in FACES.rows(tmp_path / "out")] == [0, -1, 1, 0, 1, -1, -1]
    with pytest.raises(RuntimeError, match=r"c/ann.*it detects again"):
        detect(clips, tmp_path, tmp_path / "out", settings(batch=7), LIMITS)


def changed(folder: Path, video: str, **values: Any) -> None:
    """Change columns of one video in `frames.parquet`."""
    FRAMES.write([row | (values if row["video"] == video else {}) for row in FRAMES.rows(folder)], folder)


def test_frames_that_are_not_needed_are_spare(clips: Path, tmp_path: Path) -> None:
    changed(clips, "c/ann", enough=1)
    detect(clips, tmp_path, tmp_path / "out", settings(), LIMITS)
    rows = [row for row in FACES.rows(tmp_path / "out") if row["video"] == "c/ann"]
    assert [(row["frame"], row["status"], row["face"]) for row in rows] == [
        (0, "ok", 0), (10, "spare", -1), (20, "spare", -1),
    ]  # fmt: skip
    changed(clips, "c/ann", enough=2)
    detect(clips, tmp_path, tmp_path / "out", settings(), LIMITS)
    rows = [row for row in FACES.rows(tmp_path / "out") if row["video"] == "c/ann"]
    assert [row["status"] for row in rows] == ["ok", "no_face", "ok"]


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a real video, a fake without any face in it, one that is longer, and one of another size."""
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
    ann, bob = person("ann").frames, person("bob").frames
    videos = {
        "c/fake": [blank()] * 3, "c/longer": [blank()] * 3 + [bob[1]], "c/other": [blank(), blank(), blank(64, 64)],
        "c/real": [ann[0], blank(), ann[2]],
    }  # fmt: skip
    folder = write_frames(tmp_path / "frames", videos)
    for fake in ("c/fake", "c/longer", "c/other"):
        changed(folder, fake, pair="c/real")
    return folder


def by_video(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {video: [row for row in rows if row["video"] == video] for video in sorted({row["video"] for row in rows})}


def test_no_pair_to_take_from_is_told(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "loose"
    rows = [row | {"pair": ""} for row in FRAMES.rows(pairs)]
    FRAMES.write(rows, folder)
    for shard in pairs.glob("*.tar"):
        shutil.copy(shard, folder)
    detect(folder, tmp_path, tmp_path / "out", settings(paired="real"), LIMITS)
    assert "no video names the real one" in capsys.readouterr().err
    assert not any(row["from_pair"] for row in FACES.rows(tmp_path / "out"))


def test_fakes_take_over_the_faces_of_their_reals(pairs: Path, tmp_path: Path) -> None:
    detect(pairs, tmp_path, tmp_path / "out", settings(paired="real"), LIMITS)
    videos = by_video(FACES.rows(tmp_path / "out"))
    real = videos["c/real"]
    assert [row["status"] for row in real] == ["ok", "no_face", "ok"]
    assert not any(row["from_pair"] for row in real)
    assert videos["c/fake"] == [row | {"video": "c/fake", "from_pair": True} for row in real]
    *same, own = videos["c/longer"]
    assert same == [row | {"video": "c/longer", "from_pair": True} for row in real]
    assert (own["status"], own["from_pair"]) == ("ok", False)
    assert [(row["status"], row["from_pair"]) for row in videos["c/other"]] == [
        ("ok", True), ("no_face", True), ("no_face", False),
    ]  # fmt: skip


def test_fakes_are_looked_at_themselves_unless_asked_otherwise(pairs: Path, tmp_path: Path) -> None:
    detect(pairs, tmp_path, tmp_path / "out", settings(), LIMITS)
    rows = FACES.rows(tmp_path / "out")
    assert [row["status"] for row in by_video(rows)["c/fake"]] == ["no_face"] * 3
    assert not any(row["from_pair"] for row in rows)


def test_a_real_without_frames_lends_nothing(pairs: Path, tmp_path: Path) -> None:
    changed(pairs, "c/fake", pair="c/nowhere")
    detect(pairs, tmp_path, tmp_path / "out", settings(paired="real"), LIMITS)
    assert [row["status"] for row in by_video(FACES.rows(tmp_path / "out"))["c/fake"]] == ["no_face"] * 3


@pytest.mark.parametrize(("fake", "real"), [("f000", "r013"), ("f003", "r016"), ("f009", "r022")])
def test_real_swaps_have_their_faces_where_their_reals_have_them(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: str, real: str
) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
    videos = {f"c/{kind}": first_frames(shared / f"data/videos/{kind}/{name}.mp4", [0, 30, 60])
              for kind, name in (("fake", fake), ("real", real))}  # fmt: skip
    folder = write_frames(tmp_path / "frames", videos)
    changed(folder, "c/fake", pair="c/real")
    rows = {}
    for paired in ("own", "real"):
        detect(folder, tmp_path, tmp_path / paired, settings(paired=paired), LIMITS)
        rows[paired] = by_video(FACES.rows(tmp_path / paired))
    assert rows["real"]["c/real"] == rows["own"]["c/real"]
    taken, own = rows["real"]["c/fake"], rows["own"]["c/fake"]
    assert [(row["frame"], row["face"], row["track"]) for row in taken] == [
        (row["frame"], row["face"], row["track"]) for row in own
    ]
    places = [np.reshape([[row[name] for name in LANDMARKS] for row in some], (-1, 5, 2)) for some in (taken, own)]
    # The swap moves features a little; another person's face would be whole eye distances away.
    assert max(error(theirs, ours) for theirs, ours in zip(*places, strict=True)) < 0.2


def first_frames(path: Path, numbers: list[int]) -> list[Any]:
    with av.open(str(path)) as container:
        frames = list(islice(container.decode(video=0), max(numbers) + 1))
    return [frames[number].to_ndarray(format="rgb24") for number in numbers]


def test_checking_options_and_assembling_import_no_heavy_library(clips: Path, tmp_path: Path) -> None:
    detect(clips, tmp_path, tmp_path / "out", settings(), LIMITS)
    code = (
        "import sys; from pathlib import Path; from unmask import params; from unmask.limits import Limits;"
        "from unmask.detect.step import detect; from unmask.detect.params import Params;"
        "from unmask.detect.detector import names, plugin; [plugin(name) for name in names()];"
        f"chosen = params.parse(Params, {VALUES!r}, Path('params.yaml'));"
        f"limits = Limits.model_validate({LIMITS.model_dump()!r});"
        f"detect(Path({str(clips)!r}), Path({str(tmp_path)!r}), Path({str(tmp_path / 'again')!r}), chosen, limits);"
        "print([name for name in ('torch', 'scipy', 'facenet_pytorch', 'onnxruntime', 'av') if name in sys.modules])"
    )
    environment = os.environ | {"UNMASK_CACHE": os.environ.get("UNMASK_CACHE", ".cache/unmask")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert (tmp_path / "again/faces.parquet").read_bytes() == (tmp_path / "out/faces.parquet").read_bytes()
