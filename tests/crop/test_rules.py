"""Which faces are cropped: every rule, and a row for every frame that was looked at."""

from pathlib import Path
from typing import Any

import pytest
from crop.cropping import face, missing, run

from unmask.detect.tables import FACES


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


def test_frames_that_nobody_looked_at_have_no_row(corpus: Path) -> None:
    faces = FACES.rows(corpus / "faces")
    FACES.write([row | {"status": "spare"} if row["frame"] == 20 else row for row in faces], corpus / "faces")
    assert {(row["video"], row["frame"]) for row in run(corpus, corpus / "out")} == {
        ("c/a", 0), ("c/a", 10), ("c/a-b", 0), ("c/bad", -1),
    }  # fmt: skip
