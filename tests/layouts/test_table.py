"""Table: a list of one's own, CSV or Parquet, and every row that is not right is named with its line."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from plant import LIMITS, Row, fact, known, plant, run

from unmask.errors import LayoutError
from unmask.index.params import Corpora
from unmask.index.step import index
from unmask.index.tables import VIDEOS

COLUMNS = ("path", "label", "method", "identities", "pair", "split", "cluster", "sources", "race", "note")
ROWS = [
    ("v/a.mp4", "real", "", "ann", "", "train", "", "trip;faceforensics:605", "east", "x"),
    ("v/b.mp4", "FAKE", "swap", "ann;bob", "v/a.mp4", "", "", "trip", "", "x"),
    ("v/c.mp4", "1", "", "bob ; faceforensics:071", "mine/v/a", "test", "day 2", "", "west", ""),
    ("v/d.mp4", "0", "ignored", "", "scene 7", "val", "", "", "", ""),
    ("v/e.mp4", "fake", "swap", "", "scene 7", "val", "dfd:24", "", "", ""),
    ("v/absent.mp4", "", "", "", "", "", "", "", "", ""),
]
TABLE: list[Row] = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
EAST, WEST = {"race": "east"}, {"race": "west"}
FACTS = {
    "v/a.mp4": fact(0, ["mine:ann"], split="train", sources=["faceforensics:605", "mine:trip"], attributes=EAST),
    "v/b.mp4": fact(
        1, ["mine:ann", "mine:bob"], method="swap", cluster="mine:ann", pair="mine/v/a", sources=["mine:trip"]
    ),
    "v/c.mp4": fact(
        1, ["mine:bob", "faceforensics:071"], method="unknown", cluster="mine:day 2", pair="mine/v/a", split="test",
        attributes=WEST,
    ),
    "v/d.mp4": fact(0, ["mine:d"], pair="mine/scene 7", split="val"),
    "v/e.mp4": fact(1, ["mine:e"], method="swap", cluster="dfd:24", pair="mine/scene 7", split="val"),
}  # fmt: skip
OPTIONS: Row = {"layout": "table", "file": "list.csv", "attributes": ["race"]}
RULES = ["row", "path", "listed", "duplicate"]


def tree(root: Path, rows: Sequence[Row] = TABLE) -> Path:
    plant(root / "raw", FACTS)
    with (root / "raw" / "list.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root / "raw"


def test_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(tree(tmp_path), **OPTIONS)
    assert {path: known(row) for path, row in rows.items()} == FACTS
    assert "1 of 6 rows have no label and are skipped" in capsys.readouterr().err


def test_attributes_are_kept_on_request_only(tmp_path: Path) -> None:
    rows = run(tree(tmp_path), layout="table", file="list.csv")
    assert all(row["attributes"] == [] for row in rows.values())
    rows = run(tmp_path / "raw", **OPTIONS | {"attributes": ["race", "note"]})
    assert dict(rows["v/a.mp4"]["attributes"]) == {"note": "x", "race": "east"}
    with pytest.raises(LayoutError, match=r"list\.csv has no column `gender` for `attributes`; it has path, label"):
        run(tmp_path / "raw", **OPTIONS | {"attributes": ["gender"]})


def test_parquet_with_lists_numbers_and_other_names(tmp_path: Path) -> None:
    root = tree(tmp_path)
    labels = {"real": 0, "FAKE": 1, "fake": 1, "": None}
    data = {
        "clip": [row["path"] for row in TABLE],
        "is_fake": [labels[row["label"]] if row["label"] in labels else int(row["label"]) for row in TABLE],
        "people": [[p.strip() for p in row["identities"].split(";") if p] for row in TABLE],
        **{name: [row[name] or None for row in TABLE] for name in ("method", "pair", "split", "cluster", "race")},
        "from": [row["sources"].split(";") if row["sources"] else None for row in TABLE],
    }
    columns = {"path": "clip", "label": "is_fake", "identities": "people", "sources": "from"}
    options = OPTIONS | {"file": "list.parquet", "columns": columns}
    # With gaps, pandas makes floats of whole numbers.
    for flags in (data["is_fake"], [None if n is None else float(n) for n in data["is_fake"]]):
        pq.write_table(pa.table(data | {"is_fake": flags}), root / "list.parquet")
        assert {path: known(row) for path, row in run(root, **options).items()} == FACTS


@pytest.mark.parametrize(
    ("change", "rule", "message"),
    [
        ({"path": "v/absent.mp4"}, "listed", r"list\.csv, line 3: there is no file .*absent\.mp4"),
        ({"path": "/etc/passwd"}, "path", "line 3: the path `/etc/passwd` must lie below the root"),
        ({"path": "v/../../a.mp4"}, "path", r"line 3: the path `v/\.\./\.\./a\.mp4` must lie below the root"),
        ({"path": "C:\\v\\b.mp4"}, "path", "line 3: the path .* must lie below the root"),
        ({"path": ""}, "path", "line 3: the path `` must lie below the root"),
        ({"path": "v/a.mp4"}, "duplicate", r"line 3: v/a\.mp4 is listed twice, first in .*line 2"),
        ({"path": "v//a.mp4"}, "duplicate", r"line 3: v/a\.mp4 is listed twice"),
        ({"label": "maybe"}, "row", "line 3: the label `maybe` must be real, fake, 0"),
        ({"label": "2"}, "row", "line 3: the label `2` must be"),
        ({"split": "valid"}, "row", "line 3: the split `valid` must be train, val, test or empty"),
        ({"identities": "ann;FaceForensics:071"}, "row", "line 3: the identity `Face.*` .* write `faceforensics:071`"),
        ({"identities": "faceforensics:71"}, "row", "the identity `faceforensics:71` .* write `faceforensics:071`"),
        ({"identities": "faceforensics: 071"}, "row", "write `faceforensics:071`"),
        ({"identities": "faceforensics:ann"}, "row", r"people of FaceForensics\+\+ are as `faceforensics:071`"),
        ({"identities": "Celeb-DF:id0"}, "row", "write `celeb_df:id0`"),
        ({"identities": "others:ann"}, "row", "the identity `others:ann` should be .* one of mine, celeb_df"),
        ({"identities": "mine:"}, "row", "the identity `mine:` should be `<data set>:<name>`"),
        ({"identities": ":ann"}, "row", "the identity `:ann` should be"),
        ({"pair": "v/c.mp4"}, "row", r"line 3: the pair `v/c\.mp4` is a fake"),
    ],
)
def test_a_row_that_breaks_a_rule(
    tmp_path: Path, change: Row, rule: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tree(tmp_path, [TABLE[0], TABLE[1] | change, *TABLE[2:]])
    with pytest.raises(LayoutError, match=message):
        run(root, **OPTIONS, tolerate=[other for other in RULES if other != rule])
    rows = run(root, **OPTIONS, tolerate=[rule])
    assert {path: known(row) for path, row in rows.items()} == {p: f for p, f in FACTS.items() if p != "v/b.mp4"}
    assert f"1 left out by `tolerate: [{rule}]`" in capsys.readouterr().err


def test_other_corpora_are_namespaces(tmp_path: Path) -> None:
    root = tree(tmp_path, [TABLE[0] | {"identities": "others:ann;mine:bob;celeb_df:id0"}])
    others = {"layout": "folder"}
    index(root, tmp_path / "index" / "mine", Corpora.model_validate({"others": others, "mine": OPTIONS}), LIMITS)
    (row,) = VIDEOS.rows(tmp_path / "index" / "mine")
    assert row["identities"] == ["celeb_df:id0", "mine:bob", "others:ann"]


def test_sequences_of_faceforensics_have_their_sources(tmp_path: Path) -> None:
    rows = run(tree(tmp_path, [TABLE[0] | {"identities": "ann;faceforensics:606"}]), **OPTIONS)
    assert rows["v/a.mp4"]["sources"] == ["faceforensics:605", "mine:trip", "youtube:nUNnFudF2pA"]


@pytest.mark.parametrize(("line", "count"), [("v/a.mp4,real,more\n", 3), ("v/a.mp4\n", 1)])
def test_a_row_with_other_columns(tmp_path: Path, line: str, count: int) -> None:
    root = tree(tmp_path)
    (root / "list.csv").write_text(f"path,label\nv/b.mp4,fake\n\n{line}")
    with pytest.raises(LayoutError, match=f"line 4: {count} cells, but there are 2 columns"):
        run(root, layout="table", file="list.csv")
    assert list(run(root, layout="table", file="list.csv", tolerate=["row"])) == ["v/b.mp4"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"list\.csv does not exist; the layout's option `file`"),
        (b"", "has no column `path` or `file` for `path`; it has none"),
        (b"path,kind\nv/a.mp4,real\n", "has no column `label` for `label`; it has path, kind"),
        (b"path,label,label\nv/a.mp4,real,fake\n", "has more than one column `label`"),
        (b"path,label\nv/\xff.mp4,real\n", "is not a CSV file in UTF-8"),
        (b'path,label\n"v/a.mp4,real\n', "is not a CSV file in UTF-8: unexpected end of data"),
    ],
)
def test_a_file_that_is_no_such_table(tmp_path: Path, text: bytes | None, message: str) -> None:
    root = tree(tmp_path)
    (root / "list.csv").unlink()
    if text is not None:
        (root / "list.csv").write_bytes(text)
    with pytest.raises(LayoutError, match=message):
        run(root, layout="table", file="list.csv", tolerate=RULES)


def test_a_named_column_must_be_there_and_parquet_must_be_parquet(tmp_path: Path) -> None:
    root = tree(tmp_path)
    with pytest.raises(LayoutError, match="has no column `name` for `path`"):
        run(root, layout="table", file="list.csv", columns={"path": "name", "label": "label"})
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
        assert row["identities"] == [f"real:{given['group']}"]
        assert row["pair"] == (f"real/{given['pair']}" if given["pair"] else None)
        assert (row["sha256"], row["bytes"]) == (given["sha256"], int(given["bytes"]))
        assert row["status"] == "ok"
    # The original of one swap is not at hand.
    shared_by = Counter(Counter(row["pair"] for row in rows.values() if row["pair"]).values())
    assert shared_by == {2: 21, 1: 1}
