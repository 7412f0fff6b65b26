"""Index: every layout reads the official form of its data set, and names what is wrong with any other."""

import csv
import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_video import write_video

from unmask import params, sandbox
from unmask.errors import LayoutError, ParamsError
from unmask.hashing import file_sha256
from unmask.index.entry import videos_below
from unmask.index.params import NAMES, Corpora
from unmask.index.step import index
from unmask.index.tables import VIDEOS

Row = dict[str, Any]

WORDS = ("label", "method", "compression", "identities", "cluster", "pair", "split")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_video(tmp_path_factory.mktemp("clip") / "a.mp4", frames=3).read_bytes()


@pytest.fixture
def plant(tmp_path: Path, clip: bytes) -> Callable[[Sequence[str]], Path]:
    """Give a function that puts the same small video under many names."""

    def planted(names: Sequence[str]) -> Path:
        for name in names:
            path = tmp_path / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(clip)
        return tmp_path / "raw"

    return planted


Plant = Callable[[Sequence[str]], Path]


def run(root: Path, corpus: str = "mine", **options: Any) -> dict[str, Row]:
    """Index a corpus and give its rows by path."""
    out = root.parent / "index" / corpus
    index(root, out, Corpora.model_validate({corpus: options}))
    return {row["path"]: row for row in VIDEOS.rows(out)}


def known(row: Row) -> tuple[Any, ...]:
    return tuple(row[word] for word in WORDS)


# FaceForensics++ ----------------------------------------------------------------------------------------------------

REALS = "original_sequences/youtube/c23/videos"
FAKES = "manipulated_sequences/{}/c23/videos"
METHODS = ("Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures", "FaceShifter")
FACEFORENSICS = [
    *(f"{REALS}/{n}.mp4" for n in ("000", "003", "071", "054", "999")),
    *(f"{FAKES.format(method)}/000_003.mp4" for method in METHODS),
    f"{FAKES.format('Deepfakes')}/003_000.mp4",
    f"{FAKES.format('FaceSwap')}/071_054.mp4",
    f"{FAKES.format('FaceSwap')}/071_000.mp4",
    "manipulated_sequences/Deepfakes/c40/videos/000_003.mp4",
    "manipulated_sequences/Deepfakes/masks/videos/000_003.mp4",
    "original_sequences/youtube/c40/videos/000.mp4",
]


def deal(root: Path, **lists: list[list[str]]) -> Path:
    (root / "splits").mkdir(parents=True, exist_ok=True)
    for split in ("train", "val", "test"):
        (root / "splits" / f"{split}.json").write_text(json.dumps(lists.get(split, [])))
    return root


def test_faceforensics_is_read_in_its_official_form(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    root = deal(plant(FACEFORENSICS), train=[["071", "054"]], val=[["953", "974"]], test=[["000", "003"]])
    rows = run(root, "ff", layout="faceforensics", compression="c23")
    assert set(rows) == {path for path in FACEFORENSICS if "/c23/" in path}
    assert known(rows[f"{REALS}/000.mp4"]) == (0, "", "c23", ["000"], "000", None, "test")
    assert known(rows[f"{REALS}/071.mp4"]) == (0, "", "c23", ["071"], "071", None, "train")
    assert known(rows[f"{REALS}/999.mp4"]) == (0, "", "c23", ["999"], "999", None, None)
    for method in METHODS:
        row = rows[f"{FAKES.format(method)}/000_003.mp4"]
        assert known(row) == (1, method, "c23", ["000", "003"], "000", f"ff/{REALS}/000", "test")
        assert row["video"] == f"ff/{FAKES.format(method)}/000_003"
    backwards = rows[f"{FAKES.format('Deepfakes')}/003_000.mp4"]
    assert known(backwards) == (1, "Deepfakes", "c23", ["000", "003"], "003", f"ff/{REALS}/003", "test")
    # Not an official pair: its two people belong to different splits.
    assert known(rows[f"{FAKES.format('FaceSwap')}/071_000.mp4"])[-1] is None
    assert "lists 2 ids without a video: 953, 974" in capsys.readouterr().err


def test_faceforensics_takes_the_compression_that_is_asked_for(plant: Plant) -> None:
    rows = run(deal(plant(FACEFORENSICS)), layout="faceforensics", compression="c40")
    assert {row["compression"] for row in rows.values()} == {"c40"}
    assert len(rows) == 2


def test_faceforensics_without_lists_has_no_splits(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(plant(FACEFORENSICS), layout="faceforensics", compression="c23")
    assert {row["split"] for row in rows.values()} == {None}
    assert "splits is missing" in capsys.readouterr().err


def test_faceforensics_leaves_other_parts_alone(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    other = "manipulated_sequences/DeepFakeDetection/c23/videos/01_02__walking__ABCDEFGH.mp4"
    actors = "original_sequences/actors/c23/videos/01__walking.mp4"
    rows = run(deal(plant([*FACEFORENSICS, other, actors])), layout="faceforensics", compression="c23")
    assert other not in rows
    assert actors not in rows
    assert "DeepFakeDetection is not read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (f"{REALS}/0001.mp4", r"0001\.mp4: videos in this folder are named <NNN>\.mp4"),
        (f"{REALS}/001.avi", r"001\.avi: videos in this folder"),
        (f"{FAKES.format('FaceSwap')}/001.mp4", r"named <target>_<source>\.mp4"),
        (f"{FAKES.format('MyMethod')}/000_003.mp4", "MyMethod is not a method of FaceForensics"),
    ],
)
def test_faceforensics_names_files_out_of_form(plant: Plant, name: str, message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        run(deal(plant([*FACEFORENSICS, name])), layout="faceforensics", compression="c23")


def test_faceforensics_names_lists_out_of_form(plant: Plant) -> None:
    root = deal(plant(FACEFORENSICS), train=[["000", "003"]], test=[["003", "071"]])
    with pytest.raises(LayoutError, match=r"test\.json: the id 003 stands in train\.json too"):
        run(root, layout="faceforensics", compression="c23")
    (root / "splits" / "test.json").write_text('[["000", "3"]]')
    with pytest.raises(LayoutError, match=r'test\.json: \["000", "3"\] should be a pair of ids'):
        run(root, layout="faceforensics", compression="c23")
    (root / "splits" / "test.json").write_text("[[")
    with pytest.raises(LayoutError, match=r"test\.json is not JSON"):
        run(root, layout="faceforensics", compression="c23")
    (root / "splits" / "test.json").unlink()
    with pytest.raises(LayoutError, match=r"test\.json is missing"):
        run(root, layout="faceforensics", compression="c23")


def test_faceforensics_says_which_compressions_there_are(plant: Plant) -> None:
    with pytest.raises(LayoutError, match=r"no videos of compression raw.*found: c23, c40"):
        run(deal(plant(FACEFORENSICS)), layout="faceforensics", compression="raw")


# Celeb-DF v2 --------------------------------------------------------------------------------------------------------

CELEB_DF = [
    *("Celeb-real/id0_0000.mp4", "Celeb-real/id0_0001.mp4", "Celeb-real/id1_0000.mp4", "Celeb-real/id16_0000.mp4"),
    *("YouTube-real/00012.mp4", "YouTube-real/00170.mp4"),
    *("Celeb-synthesis/id0_id1_0000.mp4", "Celeb-synthesis/id0_id16_0001.mp4", "Celeb-synthesis/id1_id0_0000.mp4"),
]
CELEB_DF_LIST = "1 YouTube-real/00170.mp4\n1 Celeb-real/id1_0000.mp4\n0 Celeb-synthesis/id1_id0_0000.mp4\n"


def with_list(root: Path, text: str = CELEB_DF_LIST) -> Path:
    (root / "List_of_testing_videos.txt").write_text(text)
    return root


def test_celeb_df_is_read_in_its_official_form(plant: Plant) -> None:
    rows = run(with_list(plant(CELEB_DF)), "celeb", layout="celeb_df")
    fake = "Celeb-synthesis"
    assert {path: known(row) for path, row in rows.items()} == {
        "Celeb-real/id0_0000.mp4": (0, "", "", ["id0"], "id0", None, None),
        "Celeb-real/id0_0001.mp4": (0, "", "", ["id0"], "id0", None, None),
        "Celeb-real/id1_0000.mp4": (0, "", "", ["id1"], "id1", None, "test"),
        "Celeb-real/id16_0000.mp4": (0, "", "", ["id16"], "id16", None, None),
        "YouTube-real/00012.mp4": (0, "", "", ["youtube-00012"], "youtube-00012", None, None),
        "YouTube-real/00170.mp4": (0, "", "", ["youtube-00170"], "youtube-00170", None, "test"),
        f"{fake}/id0_id1_0000.mp4": (1, fake, "", ["id0", "id1"], "id0", "celeb/Celeb-real/id0_0000", None),
        f"{fake}/id0_id16_0001.mp4": (1, fake, "", ["id0", "id16"], "id0", "celeb/Celeb-real/id0_0001", None),
        f"{fake}/id1_id0_0000.mp4": (1, fake, "", ["id0", "id1"], "id1", "celeb/Celeb-real/id1_0000", "test"),
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 Celeb-real/id0_0000.mp4", r"videos\.txt, line 4: says 0, but videos in Celeb-real are real \(1\)"),
        ("1 Celeb-synthesis/id0_id1_0000.mp4", r"line 4: says 1, but videos in Celeb-synthesis are fake \(0\)"),
        ("fake Celeb-real/id0_0000.mp4", r"line 4: `fake Celeb-real/id0_0000\.mp4` should be 1 \(real\) or 0 \(fake\)"),
        ("1 Other/id0_0000.mp4", r"line 4: .* a path in Celeb-real, YouTube-real, Celeb-synthesis"),
        ("1", "line 4: `1` should be"),
    ],
)
def test_celeb_df_list_must_agree_with_the_folders(plant: Plant, line: str, message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        run(with_list(plant(CELEB_DF), CELEB_DF_LIST + line), layout="celeb_df")


def test_celeb_df_counts_listed_videos_that_are_absent(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    run(with_list(plant(CELEB_DF), CELEB_DF_LIST + "1 Celeb-real/id9_0009.mp4\n\n"), layout="celeb_df")
    assert "lists 1 videos that are not there: Celeb-real/id9_0009.mp4" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Celeb-real/one.mp4", "Celeb-synthesis/id0_0000.mp4", "YouTube-real/id0_0000.mp4"])
def test_celeb_df_names_files_out_of_form(plant: Plant, name: str) -> None:
    with pytest.raises(LayoutError, match=f"{name}: videos in {name.split('/')[0]} are named <?"):
        run(with_list(plant([*CELEB_DF, name])), layout="celeb_df")


def test_celeb_df_needs_its_list(plant: Plant) -> None:
    with pytest.raises(LayoutError, match=r"List_of_testing_videos\.txt is missing"):
        run(plant(CELEB_DF), layout="celeb_df")


# Folder -------------------------------------------------------------------------------------------------------------


def test_folder_takes_any_depth_and_known_suffixes(plant: Plant) -> None:
    names = ["real/a.mp4", "real/deep/er/b.MOV", "fake/c.webm", "fake/swap/a.mp4", "fake/swap/x/d.mkv"]
    root = plant([*names, "real/notes.txt", "real/.hidden.mp4", "real/.trash/e.mp4", "other/f.mp4"])
    rows = run(root, layout="folder")
    assert {path: known(row) for path, row in rows.items()} == {
        "real/a.mp4": (0, "", "", ["a"], "a", None, None),
        "real/deep/er/b.MOV": (0, "", "", ["b"], "b", None, None),
        "fake/c.webm": (1, "unknown", "", ["c"], "c", None, None),
        "fake/swap/a.mp4": (1, "swap", "", ["a"], "a", None, None),
        "fake/swap/x/d.mkv": (1, "swap", "", ["d"], "d", None, None),
    }


def test_folder_follows_links_but_not_in_circles(plant: Plant, tmp_path: Path, clip: bytes) -> None:
    root = plant(["fake/a.mp4"])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.mp4").write_bytes(clip)
    (tmp_path / "elsewhere" / "up").symlink_to(tmp_path / "elsewhere")
    (root / "real").symlink_to(tmp_path / "elsewhere")
    assert set(run(root, layout="folder")) == {"fake/a.mp4", "real/b.mp4"}


def test_folder_without_real_and_fake_is_named(plant: Plant) -> None:
    with pytest.raises(LayoutError, match="raw has neither a folder `real` nor a folder `fake`"):
        run(plant(["a.mp4"]), layout="folder")


# Table --------------------------------------------------------------------------------------------------------------


def write_csv(root: Path, rows: Sequence[Row]) -> Path:
    with (root / "list.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


TABLE: list[Row] = [
    {"path": "v/a.mp4", "label": "real", "method": "", "identities": "ann", "pair": "", "split": "train", "note": "x"},
    {"path": "v/b.mp4", "label": "FAKE", "method": "swap", "identities": "ann;bob", "pair": "v/a.mp4", "split": ""},
    {"path": "v/c.mp4", "label": "1", "method": "", "identities": "bob ; ann", "pair": "mine/v/a", "split": "test"},
    {"path": "v/d.mp4", "label": "0", "method": "ignored", "identities": "", "pair": "scene 7", "split": "val"},
    {"path": "v/e.mp4", "label": "fake", "method": "swap", "identities": "", "pair": "scene 7", "split": "val"},
    {"path": "v/absent.mp4", "label": "", "method": "", "identities": "", "pair": "", "split": ""},
]
TABLE_KNOWN = {
    "v/a.mp4": (0, "", "", ["ann"], "ann", None, "train"),
    "v/b.mp4": (1, "swap", "", ["ann", "bob"], "ann", "mine/v/a", None),
    "v/c.mp4": (1, "unknown", "", ["ann", "bob"], "bob", "mine/v/a", "test"),
    "v/d.mp4": (0, "", "", ["d"], "d", "mine/scene 7", "val"),
    "v/e.mp4": (1, "swap", "", ["e"], "e", "mine/scene 7", "val"),
}


def test_csv_table(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_csv(plant(list(TABLE_KNOWN)), TABLE)
    rows = run(root, layout="table", file="list.csv")
    assert {path: known(row) for path, row in rows.items()} == TABLE_KNOWN
    assert "1 of 6 rows have no label and are skipped" in capsys.readouterr().err


def test_parquet_table_with_lists_numbers_and_other_names(plant: Plant) -> None:
    root = plant(list(TABLE_KNOWN))
    labels = {"real": 0, "FAKE": 1, "fake": 1, "": None}
    data = {
        "clip": [row["path"] for row in TABLE],
        "is_fake": [labels[row["label"]] if row["label"] in labels else int(row["label"]) for row in TABLE],
        "method": [row["method"] or None for row in TABLE],
        "people": [[p.strip() for p in row["identities"].split(";") if p] for row in TABLE],
        "pair": [row["pair"] or None for row in TABLE],
        "split": [row["split"] or None for row in TABLE],
    }
    pq.write_table(pa.table(data), root / "list.parquet")
    names = {"path": "clip", "label": "is_fake", "identities": "people"}
    rows = run(root, layout="table", file="list.parquet", columns=names)
    assert {path: known(row) for path, row in rows.items()} == TABLE_KNOWN
    # With gaps, pandas makes floats of whole numbers.
    pq.write_table(pa.table(data | {"is_fake": [None if n is None else float(n) for n in data["is_fake"]]}),
                   root / "list.parquet")  # fmt: skip
    again = run(root, layout="table", file="list.parquet", columns=names)
    assert {path: known(row) for path, row in again.items()} == TABLE_KNOWN


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "v/absent.mp4"}, r"list\.csv, line 3: there is no file .*absent\.mp4"),
        ({"path": "/etc/passwd"}, r"line 3: the path `/etc/passwd` must lie below the root"),
        ({"path": "v/../../a.mp4"}, r"line 3: the path `v/\.\./\.\./a\.mp4` must lie below the root"),
        ({"path": ""}, "line 3: the path `` must lie below the root"),
        ({"path": "v/a.mp4"}, r"line 3: v/a\.mp4 is listed twice, first in .*line 2"),
        ({"label": "maybe"}, "line 3: the label `maybe` must be real, fake, 0"),
        ({"split": "valid"}, "line 3: the split `valid` must be train, val, test or empty"),
        ({"pair": "v/c.mp4"}, r"line 3: the pair `v/c\.mp4` is a fake"),
    ],
)
def test_table_names_the_line_and_the_rule(plant: Plant, change: Row, message: str) -> None:
    root = write_csv(plant(list(TABLE_KNOWN)), [TABLE[0], TABLE[1] | change, *TABLE[2:]])
    with pytest.raises(LayoutError, match=message):
        run(root, layout="table", file="list.csv")


def test_table_names_what_is_wrong_with_the_file(plant: Plant) -> None:
    root = plant(list(TABLE_KNOWN))
    with pytest.raises(LayoutError, match=r"list\.csv does not exist"):
        run(root, layout="table", file="list.csv")
    (root / "list.csv").write_text("path,kind\nv/a.mp4,real\n")
    with pytest.raises(LayoutError, match="has no column `label` for `label`; it has path, kind"):
        run(root, layout="table", file="list.csv")
    with pytest.raises(LayoutError, match="has no column `name` for `path`"):
        run(root, layout="table", file="list.csv", columns={"path": "name", "label": "kind"})
    (root / "list.csv").write_text("path,label\nv/a.mp4,real,more\n")
    with pytest.raises(LayoutError, match="line 2: more cells than the 2 columns"):
        run(root, layout="table", file="list.csv")
    (root / "list.csv").write_bytes(b"path,label\nv/\xff.mp4,real\n")
    with pytest.raises(LayoutError, match="is not a CSV file in UTF-8"):
        run(root, layout="table", file="list.csv")
    (root / "list.parquet").write_bytes(b"path,label\n")
    with pytest.raises(LayoutError, match="is not a readable Parquet file"):
        run(root, layout="table", file="list.parquet")


def test_shared_table_is_read_as_it_is(shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link = tmp_path / "raw"
    link.symlink_to(shared / "data")
    rows = run(link, "real", layout="table", file="index.csv")
    assert "68 of 147 rows have no label" in capsys.readouterr().err
    with (shared / "data" / "index.csv").open(newline="") as file:
        listed = {row["file"]: row for row in csv.DictReader(file) if row["label"]}
    assert rows.keys() == listed.keys()
    for path, row in rows.items():
        given = listed[path]
        assert row["label"] == {"real": 0, "fake": 1}[given["label"]]
        assert row["identities"] == [given["group"]]
        assert row["pair"] == (f"real/{given['pair']}" if given["pair"] else None)
        assert (row["sha256"], row["bytes"]) == (given["sha256"], int(given["bytes"]))
        assert row["status"] == "ok"
    # The original of one swap is not at hand.
    shared_by = Counter(Counter(row["pair"] for row in rows.values() if row["pair"]).values())
    assert shared_by == {2: 21, 1: 1}


# The stage ----------------------------------------------------------------------------------------------------------


def test_rows_tell_what_the_file_says(plant: Plant) -> None:
    root = plant(["real/a.mp4", "fake/b.mp4"])
    row = run(root, layout="folder")["real/a.mp4"]
    assert (row["video"], row["corpus"], row["status"], row["reason"]) == ("mine/real/a", "mine", "ok", "")
    assert (row["width"], row["height"], row["rotation"], row["codec"]) == (64, 48, 0, "h264")
    assert (row["frames"], row["pixel_format"]) == (3, "yuv420p")
    assert row["seconds"] == pytest.approx(3 / 25)
    assert row["sha256"] == file_sha256(root / "real" / "a.mp4")
    assert row["bit_rate"] == pytest.approx(row["bytes"] * 8 / row["seconds"])


def test_unreadable_files_are_rows_with_a_reason(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    root = plant(["real/a.mp4", "fake/b.mp4"])
    (root / "real" / "empty.mp4").touch()
    (root / "real" / "text.mp4").write_text("no video\n" * 100)
    rows = run(root, layout="folder")
    assert [rows[f"real/{name}.mp4"]["status"] for name in ("a", "empty", "text")] == ["ok", "unreadable", "unreadable"]
    assert rows["real/empty.mp4"]["reason"] == "the file is empty"
    assert rows["real/text.mp4"]["reason"] == "cannot be decoded: Invalid data found when processing input"
    assert rows["real/text.mp4"]["sha256"] == file_sha256(root / "real" / "text.mp4")
    assert "2 of 4 videos are unreadable" in capsys.readouterr().err


def test_each_file_is_hashed_and_probed_once(plant: Plant, monkeypatch: pytest.MonkeyPatch, clip: bytes) -> None:
    monkeypatch.setenv("UNMASK_WORKERS", "1")
    root = plant(["real/a.mp4", "fake/b.mp4"])
    first = run(root, layout="folder")
    probed: list[str] = []
    call = sandbox.call

    def noted(function: sandbox.Function, args: Row, limits: sandbox.Limits) -> tuple[Any, dict[str, bytes]]:
        probed.append(args["path"])
        return call(function, args, limits)

    monkeypatch.setattr(sandbox, "call", noted)
    assert run(root, layout="folder") == first
    assert probed == []
    (root / "fake" / "b.mp4").write_bytes(clip[:-1])
    run(root, layout="folder")
    assert probed == [str(root / "fake" / "b.mp4")]


def test_workers_do_not_change_a_byte(plant: Plant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = plant([f"{kind}/{n}.mp4" for kind in ("real", "fake") for n in range(4)])
    found = []
    for workers in ("1", "2"):
        monkeypatch.setenv("UNMASK_WORKERS", workers)
        monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / f"cache-{workers}"))
        run(root, layout="folder")
        found.append((tmp_path / "index" / "mine" / "videos.parquet").read_bytes())
    assert found[0] == found[1]


def test_names_that_differ_in_the_suffix_alone_are_refused(plant: Plant) -> None:
    with pytest.raises(LayoutError, match=r"real/a\.mov and real/a\.mp4 have the same name but for the suffix"):
        run(plant(["real/a.mp4", "real/a.mov"]), layout="folder")


def test_one_class_is_a_warning(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    run(plant(["real/a.mp4"]), layout="folder")
    assert "raw holds no fake video" in capsys.readouterr().err


def test_missing_root_empty_corpus_and_unknown_name_are_named(plant: Plant, tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"nowhere is not a folder; link the videos of the corpus `mine` there"):
        run(tmp_path / "nowhere", layout="folder")
    root = plant(["real/notes.txt"])
    with pytest.raises(LayoutError, match="raw holds no video that the layout `folder` knows"):
        run(root, layout="folder")
    with pytest.raises(ParamsError, match="has no corpus `other`; it has mine"):
        index(root, tmp_path / "other", Corpora.model_validate({"mine": {"layout": "folder"}}))


@pytest.mark.parametrize(
    ("corpora", "message"),
    [
        ({"a": {"layout": "tabel"}}, r"line 3: `corpora\.a` .*'celeb_df', 'faceforensics', 'folder', 'table'"),
        ({"a": {"layout": "table"}}, r"`corpora\.a\.file` is missing"),
        ({"a": {"layout": "table", "file": "x.txt"}}, r"line 5: `corpora\.a\.file` must be a path below"),
        ({"a": {"layout": "table", "file": "../x.csv"}}, r"`corpora\.a\.file` must be a path below"),
        ({"a": {"layout": "table", "file": "x.csv", "columns": {"kind": "x"}}}, r"`corpora\.a\.columns\.kind`"),
        (
            {"a": {"layout": "faceforensics", "compression": "c24"}},
            r"`corpora\.a\.compression` .*'c23' or 'c40'",
        ),
        ({"a": {"layout": "folder", "depth": 2}}, r"`corpora\.a\.depth` unknown key"),
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
    assert set(NAMES) == {"celeb_df", "faceforensics", "folder", "table"}
    assert Corpora.model_validate({}).root == {}


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
