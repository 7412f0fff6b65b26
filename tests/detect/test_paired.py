"""Fakes take over the faces of the real videos that they were made from."""

import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from detect.detecting import settings
from detect.rows import by_video, changed
from stills import error
from tiny_clips import LIMITS, blank, person, write_frames

from unmask.detect.step import detect
from unmask.detect.tables import FACES, LANDMARKS
from unmask.extract.tables import FRAMES


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
