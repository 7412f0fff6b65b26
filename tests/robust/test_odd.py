"""Odd files through the whole chain of commands: each has a status and a reason, none stops or delays the others."""

import os
from pathlib import Path
from typing import Any

import pytest
from robust.pipeline import CHAIN, Pipeline
from tiny_video import write_video

from unmask.crop.tables import CROPS
from unmask.extract.tables import FRAMES
from unmask.index.tables import VIDEOS

PARAMS = {"limits.max_seconds": 20, "limits.max_megabytes": 1024, "extract.max_failed": 1.0, "crop.size": 64}

# From the README of the material: frames that decode, and degrees counter-clockwise to turn them upright.
KNOWN = {
    "tests_test_data_video_0": (3, 0),
    "tests_test_data_video_90": (3, 270),
    "tests_test_data_video_180": (3, 180),
    "tests_test_data_video_270": (3, 90),
    "tests_test_data_unordered": (4, 0),
    "test_ffmpeg_data_MOT20-08-raw_shorter": (127, 0),
    "examples_flipping_a_pancake": (310, 0),
    "test_media_video": (5, 0),
}
FORMATS = {
    "test_resources_av1_video": ("av1", "yuv420p"),
    "test_resources_h264_10bits": ("h264", "yuv420p10le"),
    "test_resources_h265_10bits": ("hevc", "yuv420p10le"),
    "test_resources_h265_video": ("hevc", "yuv420p"),
    "test_resources_bt709_full_range": ("h264", "yuvj420p"),
}
FACELESS = ("examples_flipping_a_pancake", *(f"tests_test_data_video_{turn}" for turn in (0, 90, 180, 270)))


def table(pipeline: Pipeline, kind: Any, verb: str) -> dict[str, list[dict[str, Any]]]:
    """Give a stage's rows by the videos' stems."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in kind.rows(next(pipeline.folder.glob(f"data/*_{verb}/**/{kind.name}.parquet")).parent):
        found.setdefault(row["video"].rpartition("/")[2], []).append(row)
    return found


def outcome(pipeline: Pipeline) -> dict[str, tuple[str, str]]:
    """Give status and reason of every video after extract."""
    return {stem: (rows[0]["status"], rows[0]["reason"]) for stem, rows in table(pipeline, FRAMES, "extract").items()}


@pytest.mark.slow
def test_decoder_traps_give_what_is_known_of_them(shared: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "real").symlink_to(shared / "data/odd")
    pipeline = Pipeline(tmp_path / "run", raw, PARAMS)
    pipeline.run(*CHAIN)

    videos = table(pipeline, VIDEOS, "index")
    frames = table(pipeline, FRAMES, "extract")
    crops = table(pipeline, CROPS, "crop")
    stems = {path.stem for path in (shared / "data/odd").iterdir()}
    assert set(videos) == set(frames) == set(crops) == stems
    assert {rows[0]["status"] for rows in (*videos.values(), *frames.values())} == {"ok"}
    assert {stem: (frames[stem][0]["decoded"], frames[stem][0]["rotation"]) for stem in KNOWN} == KNOWN
    assert {stem: tuple(videos[stem][0][name] for name in ("codec", "pixel_format")) for stem in FORMATS} == FORMATS
    # Damage is told, and told of nothing else.
    assert {stem for stem, rows in frames.items() if rows[0]["reason"]} == {"tests_test_data_corrupted"}
    assert all({row["status"] for row in crops[stem]} == {"no_face"} for stem in FACELESS)
    for rows in frames.values():
        times = [row["seconds"] for row in rows]
        assert times == sorted(set(times))
        assert times[0] >= 0


def test_names_that_are_no_videos_cost_nothing(tmp_path: Path) -> None:
    """What is no file is left out with a warning; a pipe that nobody writes to would hang whoever opens it."""
    real = tmp_path / "raw/real"
    write_video(real / "Zoë läuft 𝄞 (1).mp4")
    write_video(real / "-i.mp4")
    (real / "empty.mp4").write_bytes(b"")
    (real / "text.mp4").write_text("not found\n" * 100)
    (real / "page.mp4").write_text("<!DOCTYPE html><html><body>Log in to download</body></html>")
    (real / "folder.mp4").mkdir()
    (real / "dangling.mp4").symlink_to("nowhere.mp4")
    (real / "round.mp4").symlink_to("round.mp4")
    os.mkfifo(real / "pipe.mp4")
    (real / "device.mp4").symlink_to("/dev/zero")
    (real / "secret.mp4").write_bytes(b"x" * 100)
    (real / "secret.mp4").chmod(0)
    pipeline = Pipeline(tmp_path / "run", tmp_path / "raw", PARAMS)
    done = pipeline.run("index", seconds=60)
    assert "4 names below" in done.stderr
    pipeline.run("extract", seconds=60)
    found = outcome(pipeline)
    assert set(found) == {"Zoë läuft 𝄞 (1)", "-i", "empty", "text", "page", "secret"}
    assert {stem for stem, (status, _) in found.items() if status == "ok"} == {"Zoë läuft 𝄞 (1)", "-i"}
    assert found["empty"] == ("unreadable", "the file is empty")
    assert all(status == "ok" or reason for status, reason in found.values())
    if os.getuid():
        assert "Permission denied" in found["secret"][1]


@pytest.mark.parametrize("name", ["two\nlines.mp4", "bell\a.mp4", b"latin-\xe9.mp4"])
def test_names_that_no_table_holds_are_one_sentence(tmp_path: Path, name: str | bytes) -> None:
    real = tmp_path / "raw/real"
    write_video(real / "good.mp4")
    os.rename(write_video(real / "other.mp4"), os.path.join(os.fsencode(real), os.fsencode(name)))  # noqa: PTH104, PTH118
    done = Pipeline(tmp_path / "run", tmp_path / "raw", PARAMS).run("index", check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "rename it" in done.stderr


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD><Period><AdaptationSet><Representation><BaseURL>{}</BaseURL></Representation>'
    "</AdaptationSet></Period></MPD>",
    "avisynth": 'FFVideoSource("{}")\n',
    "svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="{}"/></svg>',
}


def test_playlists_are_not_followed(tmp_path: Path) -> None:
    """A file that names another one, or a host, does not get it opened."""
    secret = write_video(tmp_path / "elsewhere/secret.ts")
    real = tmp_path / "raw/real"
    write_video(real / "good.mp4")
    for name, text in PLAYLISTS.items():
        for target in (secret, "http://127.0.0.1:9/secret.ts"):
            (real / f"{name}_{len(str(target))}.mp4").write_text(text.format(target))
        (real / f"{name}_beside.mp4").write_text(text.format("good.mp4"))
    pipeline = Pipeline(tmp_path / "run", tmp_path / "raw", PARAMS)
    pipeline.run("index", "extract")
    found = outcome(pipeline)
    assert found.pop("good")[0] == "ok"
    assert len(found) == 3 * len(PLAYLISTS)
    assert {status for status, _ in found.values()} == {"unreadable"}


def gif(side: int, frames: int) -> bytes:
    """Write an animation of one-pixel changes: thirty bytes each, but a whole picture for whoever decodes it."""
    size = side.to_bytes(2, "little")
    head = b"GIF89a" + size + size + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    frame = b"\x21\xf9\x04\x04\x0a\0\0\0" + b"\x2c\0\0\0\0\x01\0\x01\0\0" + b"\x02\x02\x44\x01\0"
    return head + frame * frames + b";"


def test_bombs_cost_no_more_than_the_limits(tmp_path: Path) -> None:
    real = tmp_path / "raw/real"
    write_video(real / "good.mp4")
    (real / "wide.gif").write_bytes(gif(65535, 1))
    (real / "long.gif").write_bytes(gif(4000, 20_000))
    (real / "small.gif").write_bytes(gif(64, 5))
    pipeline = Pipeline(tmp_path / "run", tmp_path / "raw", PARAMS | {"limits.max_seconds": 4})
    pipeline.run("index", "extract", seconds=60)
    found = outcome(pipeline)
    assert found["good"] == found["small"] == ("ok", "")
    assert found["wide"][0] == "unreadable"
    assert found["wide"][1]
    assert found["long"] == ("undecodable", "gave up after 4 s")


def test_a_file_exchanged_for_a_pipe_after_index_is_told(tmp_path: Path) -> None:
    real = tmp_path / "raw/real"
    write_video(real / "good.mp4")
    write_video(real / "other.mp4", frames=3)
    pipeline = Pipeline(tmp_path / "run", tmp_path / "raw", PARAMS)
    pipeline.run("index")
    (real / "other.mp4").unlink()
    os.mkfifo(real / "other.mp4")
    done = pipeline.run("extract", check=False, seconds=60)
    assert done.returncode == 1
    assert f"misses 1 of 2 videos that its table lists: {'real/other.mp4'}" in done.stderr
