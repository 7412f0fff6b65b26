"""The benchmark of the way from video to aligned face: its figures are right, and it runs from clips to a page."""

import doctest
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path

import av
import numpy as np
import pytest
from bench.dvc.commands import COMMANDS
from bench.dvc.page import table
from bench.way import agree, material, page
from bench.way.commands import run
from bench.way.contenders import Took
from bench.way.figures import Figure, Results, Runs, figures
from bench.way.material import STAGES
from tiny_clips import person
from tiny_video import Picture, write_video

ROOT = Path(__file__).parent.parent
FACE = np.array([[0.0, 0], [10, 0], [5, 5], [1, 9], [9, 9]])
BOX = [0.0, 0, 20, 20]


@pytest.mark.parametrize("name", ["docs", "dvc.page", "way.agree", "way.figures", "way.page"])
def test_examples(name: str) -> None:
    found = doctest.testmod(import_module(f"bench.{name}"))
    assert found.attempted
    assert not found.failed


# Faces found by both --------------------------------------------------------------------------------------------------


def test_each_face_is_paired_once_and_the_nearest_first() -> None:
    peer = np.array([[0.0, 0, 10, 10], [1, 0, 11, 10]])
    ours = np.array([[1.0, 0, 11, 10]])
    assert agree.pairs(peer, ours) == [(1, 0)]


def test_an_overlap_of_half_is_the_same_face_and_less_is_not() -> None:
    box = np.array([[0.0, 0, 10, 10]])
    half = np.array([[0.0, 0, 10, 5]])
    assert agree.pairs(box, half) == [(0, 0)]
    assert not agree.pairs(box, half - [0, 0, 0, 0.1])


def test_agreement_counts_faces_and_measures_landmarks() -> None:
    nothing = agree.faces(None, None)
    one = agree.faces([BOX], [FACE])
    shifted = agree.faces([BOX], [FACE + np.array([3, 4])])
    two = agree.faces([BOX, [50, 50, 60, 60]], [FACE, FACE + 50])
    elsewhere = agree.faces([[50, 50, 60, 60]], [FACE + 50])
    found = agree.compare([(one, shifted), (two, one), (one, nothing), (nothing, one), (two, elsewhere)])
    assert (found.frames, found.seen, found.again) == (5, 4, 2)
    assert (found.both, found.only_peer, found.only_ours) == (3, 3, 1)
    assert found.share == pytest.approx(0.5)
    assert found.distances.tolist() == pytest.approx([0.5, 0.0])


# Figures --------------------------------------------------------------------------------------------------------------


def runs(once: list[float], thrice: float, **parts: float) -> Runs:
    """Invent runs, of which parts take so many seconds for each set."""
    parts |= {f"{stage} processor": parts[stage] for stage in STAGES if stage in parts}
    short = [Took(seconds, seconds, parts) for seconds in once]
    return Runs(short, [Took(thrice, thrice, {name: 3 * value for name, value in parts.items()})])


def invented() -> Results:
    decode, ours = runs([8, 9, 10], 22), runs([10, 12, 20], 24, extract=6, detect=2, crop=2)
    others = {f"decode {how}": decode for how in ("rgb", "discard", "opencv_read", "opencv_grab")}
    agreement = agree.compare([(agree.faces([BOX], [FACE]), agree.faces([BOX], [FACE + np.array([0, 0.2])]))])
    same = {stage: {"short": 100.0, "long": 109.0} for stage in STAGES}
    grown = {
        "videos": 50, "title": "", "whole": dict.fromkeys(STAGES, 10.0), "more": dict.fromkeys(STAGES, 2.0),
        "changed": dict.fromkeys(STAGES, 1), "shards": dict.fromkeys(STAGES, 8), "same": True,
    }  # fmt: skip
    return Results(
        facts=["2 cores"],
        runs={
            "decode plain": decode,
            **others,
            "peer a": runs([60, 70, 90], 170, start=2, read=20, detect=40, crop=1),
            "peer b": runs([30, 31, 32], 80, start=2, read=20, detect=6, crop=1),
            "ours": ours,
            "ours, 1 worker": runs([16, 16, 16], 44, extract=10, detect=4, crop=2),
        },
        alone={clock: {"ours": 8.0, "a": 48.0, "b": 12.0} for clock in ("seconds", "processor")},
        agreement={"a": agreement, "b": agreement},
        memory={"small": same, "large": {**same, "extract": {"short": 100.0, "long": 120.0}}},
        increments=[grown],
    )


def named(found: list[Figure], *words: str) -> Figure:
    (figure,) = [figure for figure in found if all(word in figure.what for word in words)]
    return figure


def test_figures_are_ratios_of_least_times_and_of_further_sets() -> None:
    found = figures(invented())
    whole = named(found, "whole way against (a)", "these videos")
    assert whole.measured == pytest.approx(6)
    assert whole.medians == pytest.approx(70 / 12)
    assert whole.met
    # A further set takes (24 - 10) / 2 = 7 seconds where the peer takes (170 - 60) / 2 = 55.
    assert named(found, "whole way against (a)", "each further set").measured == pytest.approx(55 / 7)
    assert named(found, "merely decoding", "these videos").measured == pytest.approx(1.25)
    # Two processes share the peer's 40 seconds.
    assert named(found, "detection against (a)", "these videos").measured == pytest.approx(10)
    slower = named(found, "detection against (b)", "these videos")
    assert slower.measured == pytest.approx(1.5)
    assert not slower.met
    assert named(found, "two workers", "these videos").met is False
    assert named(found, "two workers", "each further set").measured == pytest.approx(2)
    assert named(found, "landmark").measured == pytest.approx(0.02)
    assert named(found, "memory of extract").met is False
    assert named(found, "memory of crop").met is True
    assert named(found, "share of the full time").measured == pytest.approx(0.2)
    assert named(found, "bytes").met is True


def test_what_is_missed_is_said_with_its_number() -> None:
    said = page.tables(invented())
    (line,) = [line for line in said.splitlines() if line.startswith("| memory of extract, video")]
    assert line == "| memory of extract, video ten times longer | ≤ 1.10 x | **1.20 x** |  |  | **missed** |"
    assert "| largest faces of (a) found again | ≥ 99.0 % | 100.0 % |  |  | met |" in said


def test_a_restless_machine_meets_no_target() -> None:
    results = invented()
    ours = replace(results.runs["ours"], thrice=[Took(9, 9, dict.fromkeys(STAGES, 1.0))])
    found = figures(replace(results, runs={**results.runs, "ours": ours}))
    assert named(found, "whole way against (a)", "each further set").met is False
    assert "not measurable" in page.tables(replace(results, runs={**results.runs, "ours": ours}))


def test_a_dvc_command_is_judged_with_its_start_up_and_what_is_left_stands_beside() -> None:
    commands = [command.name for command in COMMANDS]
    seconds = {"start-up": 0.4, "shards": 0.45, "files": 2.0}
    found = {layout: dict.fromkeys(commands, value) for layout, value in seconds.items()}
    lines = dict(zip(commands, list(table(found))[2:], strict=True))
    assert lines["checkout"] == ("| checkout | 0.40 | 0.45 | 2.00 | 4.4 | over 16 | **missed**; met without start-up |")
    assert lines["pull into a fresh clone"].endswith("| over 16 |  |")
    found["files"]["checkout"] = 4.5
    assert "| checkout | 0.40 | 0.45 | 4.50 | 10.0 | over 41 | met |" in table(found)


# Measuring ------------------------------------------------------------------------------------------------------------


def test_a_command_is_watched_with_what_it_starts(tmp_path: Path) -> None:
    child = "import time; data = bytearray(300 << 20); time.sleep(0.5)"
    spent = run([sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{child}'])"],
                tmp_path, {}, watch=True)  # fmt: skip
    assert 300 < spent.peak < 400
    assert spent.seconds > 0.5
    with pytest.raises(RuntimeError, match="no such luck"):
        run([sys.executable, "-c", "import sys; sys.exit('no such luck')"], tmp_path, {})


def test_a_looped_video_shows_its_frames_again(tmp_path: Path) -> None:
    video = write_video(tmp_path / "short.mp4", frames=7)
    with av.open(str(material.loop(video, 3, tmp_path / "long"))) as container:
        frames = list(container.decode(video=0))
    light = [int(frame.to_ndarray(format="gray").mean()) for frame in frames]
    assert light == light[:7] * 3
    assert len(set(light[:7])) == 7
    stamps = [frame.time for frame in frames if frame.time is not None]
    assert len(stamps) == 21
    assert stamps == sorted(set(stamps))


def _again(film: Sequence[Picture], number: int) -> Picture:
    return film[number % len(film)]


@pytest.mark.slow
def test_it_runs_from_clips_to_a_page(tmp_path: Path) -> None:
    rows = ["file,label"]
    for name, label in (("ann", "real"), ("bob", "fake")):
        film = person(name).frames
        write_video(tmp_path / f"data/{name}.mp4", frames=24, draw=partial(_again, list(film)))
        rows.append(f"{name}.mp4,{label}")
    (tmp_path / "data/index.csv").write_text("\n".join(rows))
    written = tmp_path / "benchmarks.md"
    marks = "<!-- way, {0}: made by `make bench` -->\n<!-- end of way, {0} -->\n"
    written.write_text(f"# Words\n\n{marks.format('CPU')}{marks.format('GPU')}")
    folders = ["--shared", str(tmp_path), "--write", str(written), "--scratch", str(tmp_path)]
    fewer = ["--repeats", "1", "--grown", "2"]
    subprocess.run([sys.executable, "-m", "bench.way", *folders, *fewer], cwd=ROOT, check=True)
    said = written.read_text()
    assert said.startswith("# Words\n")
    assert "| largest faces of (a) found again | ≥ 99.0 % | 100.0 % |" in said
    assert "2 videos, 48 frames, 16 of them looked at" in said
    assert "bytes are those of the full run | yes | yes |" in said
    assert said.count("<!-- end of way, CPU -->") == 1
