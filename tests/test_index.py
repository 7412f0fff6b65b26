"""Index: rows tell what the files say, odd files cost themselves, mistakes are named; layouts have their own tests."""

import json
import os
from collections.abc import Callable, Iterator
from errno import EACCES
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from plant import LIMITS, Row, clip, plant, run

from unmask import params, sandbox
from unmask.errors import LayoutError, ParamsError
from unmask.hashing import file_sha256
from unmask.index.entry import videos_below
from unmask.index.faces import folders_below
from unmask.index.params import NAMES, Corpora
from unmask.index.probing import examine
from unmask.index.step import index
from unmask.index.tables import VIDEOS


def test_rows_tell_what_the_file_says(tmp_path: Path) -> None:
    root = plant(tmp_path / "raw", ["real/a.mp4", "fake/b.mp4"])
    row = run(root, layout="folder")["real/a.mp4"]
    assert (row["video"], row["corpus"], row["status"], row["reason"]) == ("mine/real/a", "mine", "ok", "")
    assert (row["width"], row["height"], row["rotation"], row["codec"]) == (64, 48, 0, "h264")
    assert (row["frames"], row["pixel_format"]) == (3, "yuv420p")
    assert row["seconds"] == pytest.approx(3 / 25)
    assert row["sha256"] == file_sha256(root / "real" / "a.mp4")
    assert row["bit_rate"] == pytest.approx(row["bytes"] * 8 / row["seconds"])


def test_unreadable_files_are_rows_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(tmp_path / "raw", ["real/a.mp4", "fake/b.mp4"])
    (root / "real" / "empty.mp4").touch()
    (root / "real" / "text.mp4").write_text("no video\n" * 100)
    rows = run(root, layout="folder")
    assert [rows[f"real/{name}.mp4"]["status"] for name in ("a", "empty", "text")] == ["ok", "unreadable", "unreadable"]
    assert rows["real/empty.mp4"]["reason"] == "the file is empty"
    assert rows["real/text.mp4"]["reason"] == "cannot be decoded: Invalid data found when processing input"
    assert rows["real/text.mp4"]["sha256"] == file_sha256(root / "real" / "text.mp4")
    said = capsys.readouterr().err
    assert "2 of 4 videos are unreadable" in said
    assert "index: 4 of 4 videos, 2 failed" in said


def test_a_file_that_goes_meanwhile_is_a_row_too(tmp_path: Path) -> None:
    result = examine(LIMITS, (str(tmp_path / "gone.mp4"), "video"))
    (row,) = result.rows
    assert (row["status"], row["bytes"], row["sha256"]) == ("unreadable", 0, "")
    assert row["reason"] == "is gone since `index` found it; bring it back, or index the corpus again"
    # It may be there on another day.
    assert (result.keep, result.told) == (False, {"failed": 1})


def test_limits_are_those_of_the_parameters(tmp_path: Path) -> None:
    root = plant(tmp_path / "raw", ["real/a.mp4", "fake/b.mp4"])
    corpora = Corpora.model_validate({"mine": {"layout": "folder"}})
    for limits, reason in (
        (LIMITS.model_copy(update={"max_pixels": 3000}), "a frame of 64x48 has more than 3000 pixels"),
        (LIMITS.model_copy(update={"max_seconds": 1e-6}), "gave up after 1e-06 s"),
    ):
        index(root, tmp_path / "mine", corpora, limits)
        assert {(r["status"], r["reason"]) for r in VIDEOS.rows(tmp_path / "mine")} == {("unreadable", reason)}


def test_each_file_is_hashed_and_probed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    root = plant(tmp_path / "raw", ["real/a.mp4", "fake/b.mp4"])
    first = run(root, layout="folder")
    probed: list[str] = []
    call = sandbox.call

    def noted(function: sandbox.Function, args: Row, limits: sandbox.Limits) -> tuple[Any, dict[str, bytes]]:
        probed.append(args["path"])
        return call(function, args, limits)

    monkeypatch.setattr(sandbox, "call", noted)
    assert run(root, layout="folder") == first
    assert probed == []
    (root / "fake" / "b.mp4").write_bytes(clip()[:-1])
    run(root, layout="folder")
    assert probed == [str(root / "fake" / "b.mp4")]


def test_workers_do_not_change_a_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = plant(tmp_path / "raw", [f"{kind}/{n}.mp4" for kind in ("real", "fake") for n in range(4)])
    found = []
    for workers in ("1", "2"):
        monkeypatch.setenv("UNMASK_WORKERS", workers)
        monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / f"cache-{workers}"))
        run(root, layout="folder")
        found.append((tmp_path / "index" / "mine" / "videos.parquet").read_bytes())
    assert found[0] == found[1]


def test_names_that_differ_in_the_suffix_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"real/a\.mov and real/a\.mp4 have the same name but for the suffix"):
        run(plant(tmp_path / "raw", ["real/a.mp4", "real/a.mov"]), layout="folder")


def test_one_class_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(plant(tmp_path / "raw", ["real/a.mp4"]), layout="folder")
    assert "raw holds no fake video" in capsys.readouterr().err


def test_missing_root_empty_corpus_and_unknown_name_are_named(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"nowhere is not a folder; link the videos of the corpus `mine` there"):
        run(tmp_path / "nowhere", layout="folder")
    root = plant(tmp_path / "raw", ["real/notes.txt"])
    with pytest.raises(LayoutError, match="raw holds no video that the layout `folder` knows"):
        run(root, layout="folder")
    with pytest.raises(ParamsError, match="has no corpus `other`; it has mine"):
        index(root, tmp_path / "other", Corpora.model_validate({"mine": {"layout": "folder"}}), LIMITS)


@pytest.mark.parametrize(
    ("corpora", "message"),
    [
        (
            {"a": {"layout": "tabel"}},
            r"line 3: `corpora\.a` .* celeb_df, .* faceforensics, .* folder, table, .*; did you mean `layout: table`\?",
        ),
        ({"a": {"layout": "table"}}, r"`corpora\.a\.file` is missing"),
        ({"a": {"layout": "table", "file": "x.txt"}}, r"line 5: `corpora\.a\.file` must be a path below"),
        ({"a": {"layout": "table", "file": "../x.csv"}}, r"`corpora\.a\.file` must be a path below"),
        ({"a": {"layout": "table", "file": "x.csv", "columns": {"kind": "x"}}}, r"`corpora\.a\.columns\.kind`"),
        (
            {"a": {"layout": "faceforensics", "compression": "c24"}},
            r"`corpora\.a\.compression` .*`c23` or `c40`",
        ),
        ({"a": {"layout": "celeb_df"}}, r"`corpora\.a\.version` is missing"),
        ({"a": {"layout": "celeb_df", "version": "v3"}}, r"`corpora\.a\.version` .*`v1` or `v2`"),
        ({"a": {"layout": "folder", "tolerate": ["all"]}}, r"`corpora\.a\.tolerate"),
        (
            {"a": {"layout": "folder", "depth": 2}},
            r"`corpora\.a\.depth` is an unknown key; there can be `layout`, `tolerate`, `pictures`",
        ),
        ({"a b": {"layout": "folder"}}, "the name `a b` may have only letters, digits"),
        ({"a": {}}, r"`corpora\.a`"),
        (["a"], "`corpora`"),
    ],
)
def test_mistakes_in_params_are_named(tmp_path: Path, corpora: object, message: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"corpora": corpora}, indent=1))
    with pytest.raises(ParamsError, match=message):
        params.load("corpora", path)


def test_every_layout_is_a_choice() -> None:
    assert {"celeb_df", "celeb_df_pp", "dfd", "faceforensics", "folder", "table", "uadfv"} <= set(NAMES)
    assert Corpora.model_validate({}).root == {}
    for name in NAMES:
        module = import_module(f"unmask.index.layouts.{name}")
        assert callable(module.read)
        with pytest.raises(ValueError, match="no_such_rule"):
            module.Options.model_validate({"layout": name, "tolerate": ["no_such_rule"]})


@pytest.mark.parametrize("layout", [videos_below, folders_below])
def test_a_folder_that_may_not_be_read_is_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: Callable[[Path, str], Iterator[object]]
) -> None:
    (tmp_path / "real" / "closed").mkdir(parents=True)
    scan = os.scandir

    def closed(place: str | Path) -> Iterator[os.DirEntry[str]]:
        # Whoever runs the tests may be allowed to read everything.
        if str(place).endswith("closed"):
            raise PermissionError(EACCES, "Permission denied", str(place))
        return scan(place)

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(LayoutError, match="real/closed may not be read or written; allow it"):
        list(layout(tmp_path, "real"))
    assert list(layout(tmp_path, "nowhere")) == []


def test_odd_names_and_files_cost_themselves_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "odd"
    (root / "fake").mkdir(parents=True)
    (root / "real").mkdir()
    (root / "real" / "gone.mp4").symlink_to(root / "nowhere.mp4")
    os.mkfifo(root / "real" / "pipe.mp4")
    (root / "fake" / "text.mp4").write_text("no video")
    assert list(videos_below(root, "real")) == []
    assert "2 names below" in capsys.readouterr().err
    (root / "fake" / os.fsdecode(b"caf\xe9.mp4")).write_text("x")
    with pytest.raises(LayoutError, match="not printable UTF-8"):
        list(videos_below(root, "fake"))
