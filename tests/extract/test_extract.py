"""Extract: the chosen frames, kept in order; the number of workers changes no byte."""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from extract.staged import GIVEN, LIMITS, SETTINGS, changed, rows_of, run
from tiny_video import number_of, write_video

from unmask import params, sandbox
from unmask.errors import DataError, ParamsError
from unmask.extract.load import load_frames
from unmask.extract.step import extract
from unmask.extract.tables import FRAMES
from unmask.hashing import file_sha256
from unmask.index.params import Corpora
from unmask.index.step import index


def test_frames_are_those_that_decode_spread_evenly(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    rows = rows_of(out, "mine/real/a")
    assert [row["frame"] for row in rows] == [2, 7, 12, 17]
    assert [row["position"] for row in rows] == [row["rank"] for row in rows] == [0, 1, 2, 3]
    assert [row["seconds"] for row in rows] == pytest.approx([n / 25 for n in (2, 7, 12, 17)])
    assert {(row["decoded"], row["enough"], row["pair"]) for row in rows} == {(20, 0, "")}
    assert [number_of(image) for image in load_frames(out, rows)] == [2, 7, 12, 17]
    assert [row["frame"] for row in rows_of(out, "mine/real/b")] == [0, 1, 2]


def test_fakes_name_the_real_video_of_this_corpus(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    for name in "abcd":
        write_video(root / f"{name}.mp4", frames=2)
    lines = ["path,label,pair", "a.mp4,real,", "b.mp4,fake,a.mp4", "c.mp4,fake,token", "d.mp4,real,token"]
    (root / "list.csv").write_text("\n".join(lines))
    corpora = Corpora.model_validate({"mine": {"layout": "table", "file": "list.csv"}})
    index(root, tmp_path / "mine", corpora, LIMITS)
    extract(root, tmp_path / "mine", tmp_path / "out", SETTINGS, LIMITS)
    pairs = {row["video"]: row["pair"] for row in FRAMES.rows(tmp_path / "out")}
    assert pairs == {"mine/a": "", "mine/b": "mine/a", "mine/c": "mine/d", "mine/d": ""}


@pytest.mark.parametrize("name", ["pyav", "decord", "opencv"])
def test_every_reader_goes_through_the_stage(root: Path, tmp_path: Path, name: str) -> None:
    out = run(root, tmp_path, changed(reader=name))
    rows = rows_of(out, "mine/real/a")
    assert [row["frame"] for row in rows] == [2, 7, 12, 17]
    assert [number_of(image) for image in load_frames(out, rows)] == [2, 7, 12, 17]


def test_shards_are_plain_tar_files_in_order(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    names = []
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as shard:
            assert shard.getnames() == sorted(shard.getnames())
            names += shard.getnames()
    assert sorted(names) == sorted(f"mine/{n}.nut" for n in ("real/a", "real/b", "fake/swap/a", "fake/swap/deep"))


def test_a_shard_that_does_not_fit_its_table_is_noticed(root: Path, tmp_path: Path) -> None:
    out = run(root, tmp_path)
    row = rows_of(out, "mine/real/a")[0]
    with pytest.raises(DataError, match="does not belong to its table"):
        load_frames(out, [row | {"sha256": "0" * 64}])


def contents(out: Path) -> dict[str, str]:
    return {path.name: file_sha256(path) for path in out.iterdir()}


def test_workers_and_runs_do_not_change_a_byte(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for workers in ("1", "2"):
        monkeypatch.setenv("UNMASK_WORKERS", workers)
        monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / f"cache-{workers}"))
        found.append(contents(run(root, tmp_path / workers)))
    assert found[0] == found[1]
    assert len(found[0]) > 1


def test_finished_videos_are_not_decoded_again(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = contents(run(root, tmp_path))

    def refuse(*_: Any) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(sandbox, "call", refuse)
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    assert contents(run(root, tmp_path)) == first
    # Another number of shards is another way of storing the same clips; old shards do not stay.
    out = run(root, tmp_path, changed(shards=1))
    assert sorted(contents(out)) == ["0.tar", "frames.parquet"]


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("shards", 0, "shards"),
        ("max_failed", 1.5, "max_failed"),
        ("reader", "vlc", "reader"),
        ("sampling", {"policy": "uniform", "frames": 0}, "sampling.frames"),
        ("sampling", {"policy": "uniform", "frames": "8"}, "sampling.frames"),
        ("sampling", {"policy": "uniform", "frames": 8, "most": 3}, "sampling.most"),
        ("sampling", {"policy": "interval", "seconds": 0, "most": 3}, "sampling.seconds"),
        ("sampling", {"policy": "keyframes"}, "sampling.most"),
        ("sampling", {"policy": "with_face", "frames": 8, "tries": 7}, "sampling.tries"),
        ("sampling", {"policy": "random", "frames": 8}, "sampling"),
    ],
)
def test_parameters_out_of_range_are_named(tmp_path: Path, key: str, value: object, named: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"extract": GIVEN | {key: value}}))
    with pytest.raises(ParamsError, match=f"extract.{named}`"):
        params.load("extract", path)


@pytest.mark.parametrize(("key", "value"), [("max_seconds", 0), ("max_megabytes", 1), ("max_pixels", 2**31)])
def test_limits_out_of_range_are_named(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"limits": LIMITS.model_dump() | {key: value}}))
    with pytest.raises(ParamsError, match=f"limits.{key}`"):
        params.load("limits", path)
