"""Render: equal bytes on every run, forgeries only where the truth says, faces a detector finds."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from facenet_pytorch import MTCNN
from project import ROOT, Project
from rendered import CELEB, DEEPER, DFDC, FF, SPECS, Array, build, decode, files, hashes, originals, parse, probe

from unmask import params
from unmask.errors import ParamsError
from unmask.render.clip import film
from unmask.render.params import CelebDf, DeeperForensics, FaceForensics, Params
from unmask.render.step import render
from unmask.render.truth import AXES, TRUTH


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.getbasetemp())


def truth(root: Path) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of the truth of every video, by its path below the root."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name in SPECS:
        for row in TRUTH.rows(root / "truth" / name):
            found.setdefault(f"{name}/{row['path']}", []).append(row)
    return found


@pytest.mark.parametrize(("corpus", "workers"), [("celeb", "2"), *((name, "1") for name in SPECS if name != "ff")])
def test_same_bytes_for_any_number_of_workers(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, corpus: str, workers: str
) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", workers)
    render(parse(**{corpus: SPECS[corpus]}), tmp_path / corpus, tmp_path / "truth")
    assert hashes(tmp_path / corpus) == hashes(root / corpus)
    assert hashes(tmp_path / "truth") == hashes(root / "truth" / corpus)


def test_fakes_are_encoded_as_their_originals(root: Path) -> None:
    found = list(originals(root))
    assert {fake.partition("/")[0] for fake, _ in found} == set(SPECS)
    for fake, real in found:
        assert probe(root / fake) == probe(root / real), fake


def test_fakes_differ_from_their_originals_only_inside_the_mask(root: Path) -> None:
    known = truth(root)
    for path, original in originals(root):
        (row,) = (row for row in known[path] if row["frame"] == 2 and row["face"] == 0)
        real, fake = decode(root / original)[2].astype(float), decode(root / path)[2].astype(float)
        mask: Array = np.asarray(cv2.imdecode(np.frombuffer(row["mask"], np.uint8), cv2.IMREAD_GRAYSCALE))
        assert mask.shape == real.shape[:2]
        change = np.abs(real - fake).mean(axis=-1)
        outside: Array = np.asarray(cv2.dilate(mask, np.ones((9, 9), np.uint8)) == 0)
        assert 0.01 < (mask > 0).mean() < 0.3, path
        assert change[outside].mean() < 1.5, path
        assert change[mask > 128].mean() > 2 * change[outside].mean(), path


def test_truth_covers_every_frame(root: Path) -> None:
    known = truth(root)
    assert known.keys() == {f"{name}/{path}" for name in SPECS for path in files(root / name) if path.endswith(".mp4")}
    for path, rows in known.items():
        people = {row["face"] for row in rows}
        frames = range(probe(root / path)[-1])  # type: ignore[call-overload]
        assert [(row["frame"], row["face"]) for row in rows] == [(f, p) for f in frames for p in sorted(people)]
        forged = [(row["mask"] is not None, row["source"] is not None) for row in rows]
        fake = any(mask for mask, _ in forged)
        assert forged == [(fake and row["face"] == 0,) * 2 for row in rows], path
    for name in SPECS:
        rows = TRUTH.rows(root / "truth" / name)
        assert all((a["path"], a["frame"], a["face"]) < (b["path"], b["frame"], b["face"]) for a, b in pairwise(rows))


def test_detector_finds_faces_where_they_are(root: Path) -> None:
    detector = MTCNN(keep_all=True, device="cpu")
    errors, real = [], []
    for path, rows in truth(root).items():
        if "level_5" in path or "mix_" in path:  # distorted
            continue
        _, _, found = detector.detect(decode(root / path)[1], landmarks=True)
        assert found is not None, path
        for row in rows:
            if row["frame"] == 1:
                true = np.array([row[axis] for axis in AXES]).reshape(5, 2)
                distance = min(np.linalg.norm(np.asarray(one, float) - true, axis=1).mean() for one in found)
                errors.append(distance / np.linalg.norm(true[1] - true[0]))
                real += errors[-1:] if row["source"] is None else []
    assert len(errors) >= 65
    assert np.max(errors) < 0.5
    # In a swapped face the truth does not tell where the inserted eyes and mouth came to lie.
    assert np.mean(real) < 0.08


def test_people_differ_and_stay_themselves() -> None:
    spec = parse(celeb=CELEB).root["celeb"]
    assert isinstance(spec, CelebDf)
    same, other, again = film(spec, "id0", "a"), film(spec, "id1", "a"), film(spec, "id0", "a")
    assert np.array_equal(same.frames, again.frames)
    assert same.poses == other.poses
    assert np.abs(same.frames[0].astype(int) - other.frames[0]).mean() > 2


def test_two_people_sit_side_by_side() -> None:
    spec = parse(celeb=CELEB).root["celeb"]
    assert isinstance(spec, CelebDf)
    for take in "abc":
        clip = film(spec, "id0", take, "id1")
        ((other, points),) = clip.beside
        gap = np.abs(clip.points[:, :2, 0].mean(axis=1) - points[:, :2, 0].mean(axis=1))
        assert (other, len(points)) == ("id1", len(clip.frames))
        assert (gap > 2 * np.linalg.norm(points[:, 1] - points[:, 0], axis=1)).all()
        for placed in (clip.points, points):
            assert (placed[..., 0] > 0).all()
            assert (placed[..., 0] < spec.width).all()


def test_unknown_corpus_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"no corpus is named `dfdc` \(described: ff\)"):
        render(parse(ff=FF), tmp_path / "dfdc", tmp_path / "truth")


@pytest.mark.parametrize(
    ("spec", "change", "said"),
    [
        (FF, {"frames": [9, 5]}, "`one`: `frames` must be .lowest, highest., not .9, 5."),
        (FF, {"frames": [9]}, "`one.frames` must be a list of 2, each a whole number of at least 4"),
        (FF, {"pairs": {"train": 400, "val": 101, "test": 0}}, "500"),
        (FF, {"methods": ["Deepfake"]}, "Deepfakes"),
        (FF, {"width": 321}, "`one.width` must be an even whole number from 64 to 1024"),
        (CELEB, {"fakes": 7}, "no more combinations"),
        (DFDC, {"reals": {"part": 3, "test": 4}}, "must be an even whole number"),
        (DFDC, {"formats": []}, "at least 1"),
        (DEEPER, {"actors": {"train": 0, "val": 1, "test": 1}}, "`actors.train` must be at least 1"),
        (DEEPER, {"actors": {"train": 99, "val": 1, "test": 1}}, "more than 100"),
        (
            DEEPER,
            {"variants": {"end_to_end": 1}},
            "`one.variants.end_to_end` is an unknown key; did you mean `end_to_end_",
        ),
    ],
)
def test_wrong_values_are_refused(spec: dict[str, Any], change: dict[str, Any], said: str, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("render: {}\n")
    with pytest.raises(ParamsError, match=said):
        params.parse(Params, {"one": {**spec, **change}}, file)


def test_layout_chooses_the_model() -> None:
    corpora = parse(ff=FF, celeb=CELEB).root
    assert isinstance(corpora["ff"], FaceForensics)
    assert isinstance(corpora["celeb"], CelebDf)


def test_an_edit_of_faceforensics_reaches_the_targets_of_deeperforensics(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    Project(tmp_path).edit("params.yaml", {"render.faceforensics.pairs": {"train": 3, "val": 2, "test": 2}})
    found = params.load("render", tmp_path / "params.yaml")
    assert isinstance(found, Params)
    deeper = found.root["deeperforensics"]
    assert isinstance(deeper, DeeperForensics)
    assert deeper.targets == found.root["faceforensics"]
    assert deeper.targets.pairs.val == 2
