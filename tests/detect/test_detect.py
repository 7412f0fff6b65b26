"""Detect: every frame has a row, by any number of workers, and nothing is done twice."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from detect.detecting import OPTIONS, VALUES, settings
from detect.rows import changed
from stills import error
from tiny_clips import LIMITS, person

from unmask import params
from unmask.detect import search as searching
from unmask.detect.detector import Detector, names
from unmask.detect.step import detect
from unmask.detect.tables import BOX, FACES, LANDMARKS
from unmask.errors import ParamsError


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "retina"}, f"`detect.detector.name` must be one of {', '.join(names())} (given: 'retina')"),
        ({}, f"`detect.detector.name` must be one of {', '.join(names())}"),
        (OPTIONS["mtcnn"] | {"min_face": 2}, "`detect.detector.min_face` must be a number from 0.01 to 0.9 (given: 2)"),
        (OPTIONS["mtcnn"] | {"factor": "0.7"}, "`detect.detector.factor`"),
        (
            OPTIONS["mtcnn"] | {"smallest": 1},
            "`detect.detector.smallest` is an unknown key; there can be `name`, `min_face`, ",
        ),
        ("mtcnn", f"`detect.detector` must be a mapping with `name` ({', '.join(names())}) and the options"),
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
