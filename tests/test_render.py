"""Render: official layouts, equal bytes on every run, forgeries only where the truth says, faces a detector finds."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from facenet_pytorch import MTCNN

from unmask import params
from unmask.errors import ParamsError
from unmask.hashing import file_sha256
from unmask.render.clip import film
from unmask.render.params import CelebDf, FaceForensics, Params
from unmask.render.step import render
from unmask.render.truth import AXES, TRUTH

Array = npt.NDArray[Any]
SCENE = {
    "eye_distance": [38, 48], "turn": 0.16, "key_light": [0.6, 0.9], "sky_light": [0.25, 0.4], "light_side": 0.8,
    "colour_cast": 0.03, "softness": [0.2, 0.7], "noise": [2.0, 3.0], "grain": 0.6,
}  # fmt: skip
COMMON = {"seed": 5, "width": 320, "height": 256, "fps": 25, "frames": [4, 6], "preset": "veryfast", "scene": SCENE}
METHODS = ["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"]
FF = {**COMMON, "layout": "faceforensics", "crf": 23, "pairs": {"train": 1, "val": 1, "test": 0}, "methods": METHODS}
CELEB = {
    **COMMON, "layout": "celeb_df", "crf": 26, "people": 3, "clips": 1, "youtube": 1, "fakes": 4, "tested": 0.5,
}  # fmt: skip
REAL, FAKE = "original_sequences/youtube/c23/videos", "manipulated_sequences/{}/c23/videos"


def parse(**corpora: dict[str, Any]) -> Params:
    return params.parse(Params, corpora, Path("params.yaml"))


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def hashes(root: Path) -> dict[str, str]:
    return {name: file_sha256(root / name) for name in sorted(files(root))}


def decode(path: Path) -> Array:
    with av.open(str(path)) as video:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)])


def probe(path: Path) -> tuple[object, ...]:
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        codec = stream.codec_context
        settings = (codec.name, codec.profile, codec.pix_fmt, codec.width, codec.height, codec.extradata)
        return (*settings, stream.average_rate, stream.frames)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both layouts in miniature, `ff` and `celeb`, with their truth below `truth`."""
    root = tmp_path_factory.mktemp("render")
    for name in ("ff", "celeb"):
        render(parse(ff=FF, celeb=CELEB), root / name, root / "truth" / name)
    return root


def pairs(root: Path) -> list[tuple[str, str]]:
    listed = [json.loads((root / f"ff/splits/{split}.json").read_text()) for split in ("train", "val", "test")]
    return [tuple(pair) for split in listed for pair in split]


def test_faceforensics_layout(root: Path) -> None:
    counts = [len(json.loads((root / f"ff/splits/{split}.json").read_text())) for split in ("train", "val", "test")]
    assert counts == [1, 1, 0]
    expected = {f"splits/{split}.json" for split in ("train", "val", "test")}
    for pair in pairs(root):
        expected |= {f"{REAL}/{one}.mp4" for one in pair}
        expected |= {f"{FAKE.format(m)}/{a}_{b}.mp4" for m in METHODS for a, b in (pair, pair[::-1])}
    assert files(root / "ff") == expected
    assert sorted(one for pair in pairs(root) for one in pair) == ["000", "001", "002", "003"]


def test_celeb_df_layout(root: Path) -> None:
    videos = files(root / "celeb") - {"List_of_testing_videos.txt"}
    real = {name for name in videos if not name.startswith("Celeb-synthesis/")}
    assert real == {*(f"Celeb-real/id{p}_0000.mp4" for p in range(3)), "YouTube-real/00000.mp4"}
    fakes = [Path(name).stem.split("_") for name in videos - real]
    assert len(fakes) == 4
    for target, source, clip in fakes:
        assert target != source
        assert f"Celeb-real/{target}_{clip}.mp4" in real


def test_celeb_df_list_counts_real_as_one(root: Path) -> None:
    lines = (root / "celeb/List_of_testing_videos.txt").read_text().splitlines()
    listed = [line.split(" ") for line in lines]
    assert {label == "0" for label, path in listed if path.startswith("Celeb-synthesis/")} == {True}
    assert {label == "1" for label, path in listed if "-real/" in path} == {True}
    assert {path for _, path in listed} < files(root / "celeb")


def test_same_bytes_for_any_number_of_workers(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for workers in ("1", "2"):
        monkeypatch.setenv("UNMASK_WORKERS", workers)
        render(parse(celeb=CELEB), tmp_path / workers / "celeb", tmp_path / workers / "truth")
        assert hashes(tmp_path / workers / "celeb") == hashes(root / "celeb")
        assert hashes(tmp_path / workers / "truth") == hashes(root / "truth/celeb")


def test_fakes_are_encoded_as_their_targets(root: Path) -> None:
    for target, source in pairs(root):
        real = probe(root / f"ff/{REAL}/{target}.mp4")
        assert {probe(root / f"ff/{FAKE.format(m)}/{target}_{source}.mp4") for m in METHODS} == {real}


def test_fakes_differ_from_their_targets_only_inside_the_mask(root: Path) -> None:
    for row in TRUTH.rows(root / "truth/ff"):
        if row["source"] is None or row["frame"] != 2:
            continue
        real = decode(root / f"ff/{REAL}/{row['target']}.mp4")[2].astype(float)
        fake = decode(root / "ff" / row["path"])[2].astype(float)
        mask: Array = np.asarray(cv2.imdecode(np.frombuffer(row["mask"], np.uint8), cv2.IMREAD_GRAYSCALE))
        assert mask.shape == real.shape[:2]
        change = np.abs(real - fake).mean(axis=-1)
        outside: Array = np.asarray(cv2.dilate(mask, np.ones((9, 9), np.uint8)) == 0)
        assert 0.01 < (mask > 0).mean() < 0.3, row["path"]
        assert change[outside].mean() < 1.5, row["path"]
        assert change[mask > 128].mean() > 2 * change[outside].mean(), row["path"]


def test_truth_covers_every_frame(root: Path) -> None:
    for name in ("ff", "celeb"):
        rows = TRUTH.rows(root / "truth" / name)
        for path in files(root / name):
            if path.endswith(".mp4"):
                frames = [row for row in rows if row["path"] == path]
                assert [row["frame"] for row in frames] == list(range(probe(root / name / path)[-1]))  # type: ignore[call-overload]
                fake = path.startswith(("manipulated", "Celeb-synthesis"))
                assert all((row["mask"] is not None) == (row["source"] is not None) == fake for row in frames)
        assert all((a["path"], a["frame"]) < (b["path"], b["frame"]) for a, b in pairwise(rows))


def test_detector_finds_faces_where_they_are(root: Path) -> None:
    detector = MTCNN(keep_all=True, device="cpu")
    errors = []
    for row in TRUTH.rows(root / "truth/ff") + TRUTH.rows(root / "truth/celeb"):
        if row["frame"] == 1:
            place = root / ("celeb" if "Celeb" in row["path"] or "YouTube" in row["path"] else "ff") / row["path"]
            _, _, found = detector.detect(decode(place)[1], landmarks=True)
            truth = np.array([row[axis] for axis in AXES]).reshape(5, 2)
            assert found is not None, row["path"]
            distance = np.linalg.norm(np.asarray(found[0], float) - truth, axis=1).mean()
            errors.append(distance / np.linalg.norm(truth[1] - truth[0]))
    assert len(errors) == 28
    assert np.mean(errors) < 0.08


def test_people_differ_and_stay_themselves() -> None:
    spec = parse(celeb=CELEB).root["celeb"]
    same, other, again = film(spec, "id0", "a"), film(spec, "id1", "a"), film(spec, "id0", "a")
    assert np.array_equal(same.frames, again.frames)
    assert same.poses == other.poses
    assert np.abs(same.frames[0].astype(int) - other.frames[0]).mean() > 2


def test_unknown_corpus_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"no corpus is named `dfdc` \(described: ff\)"):
        render(parse(ff=FF), tmp_path / "dfdc", tmp_path / "truth")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"frames": [9, 5]}, "lowest, highest"),
        ({"pairs": {"train": 400, "val": 101, "test": 0}}, "500"),
        ({"methods": ["Deepfake"]}, "Deepfakes"),
        ({"width": 321}, "multiple of 2"),
    ],
)
def test_wrong_values_are_refused(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("render: {}\n")
    with pytest.raises(ParamsError, match=said):
        params.parse(Params, {"ff": {**FF, **change}}, file)


def test_too_many_fakes_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("render: {}\n")
    with pytest.raises(ParamsError, match="no more combinations"):
        params.parse(Params, {"celeb": {**CELEB, "fakes": 7}}, file)


def test_layout_chooses_the_model() -> None:
    corpora = parse(ff=FF, celeb=CELEB).root
    assert isinstance(corpora["ff"], FaceForensics)
    assert isinstance(corpora["celeb"], CelebDf)
