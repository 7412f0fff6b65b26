"""Tables: sorted, checked both ways, the same bytes for the same rows."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unmask.columns import to_arrow
from unmask.errors import SchemaError
from unmask.schema import Column, Table
from unmask.sorted_rows import ROWS as GROUP
from unmask.sorted_rows import disorder

TABLE = Table(
    name="things",
    meaning="One thing.",
    key=("name", "number"),
    columns=(
        Column("name", pa.string(), "Name."),
        Column("number", pa.int32(), "Number."),
        Column("value", pa.float32(), "Value.", nullable=True),
    ),
)
ROWS: list[dict[str, Any]] = [
    {"name": "b", "number": 1, "value": 0.1},
    {"name": "a", "number": 2, "value": None},
    {"name": "a", "number": 1, "value": 2.0},
]


def test_rows_come_back_sorted_and_bytes_repeat(tmp_path: Path) -> None:
    first = TABLE.write(ROWS, tmp_path / "x")
    second = TABLE.write(list(reversed(ROWS)), tmp_path / "y.parquet")
    assert first == tmp_path / "x" / "things.parquet"
    assert first.read_bytes() == second.read_bytes()
    assert [(row["name"], row["number"]) for row in TABLE.rows(tmp_path / "x")] == [("a", 1), ("a", 2), ("b", 1)]


def test_empty_table_keeps_its_columns(tmp_path: Path) -> None:
    TABLE.write([], tmp_path)
    assert TABLE.read(tmp_path).schema.names == ["name", "number", "value"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"name": "a", "number": 1}, "missing or unknown columns: .'value'"),
        ({"name": "a", "number": 1, "value": 1.0, "more": 1}, "missing or unknown columns: .'more'"),
        ({"name": "a", "number": "x", "value": 1.0}, "does not fit"),
        ({"name": None, "number": 1, "value": 1.0}, "`name` of `things` may not be null"),
        ({"name": "b", "number": 1, "value": 1.0}, "occurs twice"),
    ],
)
def test_wrong_rows_are_refused(tmp_path: Path, row: dict[str, Any], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        TABLE.write([*ROWS, row], tmp_path)


def test_foreign_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="dvc pull"):
        TABLE.read(tmp_path)
    pq.write_table(pa.table({"name": ["a"], "number": [1]}), tmp_path / "things.parquet")
    with pytest.raises(SchemaError, match="`number` should be int32, is int64; `value` should be float, is absent"):
        TABLE.read(tmp_path)
    (tmp_path / "things.parquet").write_bytes(b"no table")
    with pytest.raises(SchemaError, match="not a readable Parquet file"):
        TABLE.read(tmp_path)
    with pytest.raises(SchemaError, match="not a readable Parquet file"):
        next(TABLE.pieces(tmp_path, ["name"]))


def test_refused_rows_leave_the_file_as_it_was(tmp_path: Path) -> None:
    path = TABLE.write(ROWS, tmp_path)
    before = path.read_bytes()
    with pytest.raises(SchemaError):
        TABLE.write([*ROWS, ROWS[0]], tmp_path)
    assert path.read_bytes() == before


# Piece by piece -------------------------------------------------------------------------------------------------------


def many(count: int, each: int = 30) -> pa.Table:
    """Rows in order; names occur `each` times, as the keys of videos do, or only once, as hashes do."""
    number = np.arange(count)
    name = pa.array([f"corpus/folder/{n // each:050d}" for n in number])
    value = np.random.default_rng(1).random(count, dtype=np.float32)
    return pa.table([name, pa.array(number % each, pa.int32()), pa.array(value)], schema=TABLE.schema)


def cut(table: pa.Table, length: int) -> Iterator[pa.Table]:
    yield from (table.slice(start, length) for start in range(0, len(table), length))


@pytest.mark.parametrize(("count", "each"), [(0, 1), (1, 1), (GROUP - 1, 30), (GROUP, 1), (2 * GROUP + 5, 1)])
def test_bytes_depend_on_rows_alone_and_not_on_pieces_or_threads(count: int, each: int, tmp_path: Path) -> None:
    table, threads = many(count, each), pa.cpu_count()
    whole = TABLE.write(table, tmp_path / "whole").read_bytes()
    shuffled = table.take(np.random.default_rng(2).permutation(count))
    assert TABLE.write(shuffled, tmp_path / "shuffled").read_bytes() == whole
    for length in (50_001, GROUP, 3 * GROUP):
        try:
            pa.set_cpu_count(1 if length == GROUP else 4)
            with TABLE.writer(tmp_path / f"{length}") as out:
                for piece in cut(table, length):
                    out.write(piece)
        finally:
            pa.set_cpu_count(threads)
        assert (tmp_path / f"{length}" / "things.parquet").read_bytes() == whole
    assert TABLE.read(tmp_path / "whole").equals(table)
    pieces = list(TABLE.pieces(tmp_path / "whole", ["number", "name"]))
    assert [len(piece) for piece in pieces] == [len(piece) for piece in cut(table, GROUP)]
    assert all(piece.column_names == ["number", "name"] for piece in pieces)
    if pieces:
        assert pa.concat_tables(pieces).equals(table.select(["number", "name"]))


def test_keys_that_repeat_are_stored_once_in_each_row_group(tmp_path: Path) -> None:
    group = pq.read_metadata(TABLE.write(many(GROUP), tmp_path)).row_group(0).column(0)
    assert "RLE_DICTIONARY" in group.encodings
    # Without the fallback to plain strings they take far less than themselves.
    assert group.total_uncompressed_size < GROUP * 4


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("b", 1, 0.0)], "'b', 'number': 1} occurs twice"),
        ([("a", 2, 0.0)], "'a', 'number': 2} comes after {'name': 'b', 'number': 1}"),
        ([("c", 2, 0.0), ("c", 1, 0.0)], "'number': 1} comes after .*'number': 2"),
        ([("c", None, 0.0)], "`number` of `things` may not be null"),
    ],
)
def test_wrong_pieces_are_refused_and_leave_nothing(rows: list[tuple[Any, ...]], words: str, tmp_path: Path) -> None:
    first = TABLE.write([{"name": "b", "number": 1, "value": 0.0}], tmp_path / "first")
    names = TABLE.schema.names
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], TABLE.schema)
    with pytest.raises(SchemaError, match=words), TABLE.writer(tmp_path / "second") as out:  # noqa: PT012
        out.write(TABLE.read(first))
        out.write(table)
    assert not (tmp_path / "second").exists()


def test_an_error_far_into_a_file_removes_it(tmp_path: Path) -> None:
    with pytest.raises(KeyError), TABLE.writer(tmp_path) as out:  # noqa: PT012
        out.write(many(3 * GROUP))
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_disorder_agrees_with_sorting() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        keys = list(zip(rng.choice(["a", "b", "ä"], 4), rng.integers(3, size=4), strict=True))
        table = pa.Table.from_pylist([{"name": str(name), "number": int(number)} for name, number in keys])
        wrong = [n for n in range(1, 4) if not keys[n - 1] < keys[n]]
        assert disorder(table) == (wrong[0] if wrong else None)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.string(), ["a", "", "é", None]),
        (pa.binary(), [b"\0", b"", None]),
        (pa.bool_(), [True, False, None] * 5),
        (pa.int8(), [-128, 127, None]),
        (pa.uint64(), [0, 2**64 - 1]),
        (pa.float32(), [0.1, 1, None, float("inf")]),
        (pa.float64(), [0.1, np.float32(0.1)]),
        (pa.list_(pa.int32()), [[1], [], None]),
    ],
)
def test_columns_are_those_that_pyarrow_makes(kind: pa.DataType, values: list[Any]) -> None:
    for some in (values, values[:1], []):
        made = to_arrow(some, kind)
        made.validate(full=True)
        assert made.equals(pa.array(some, kind))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (pa.string(), b"a"),
        (pa.string(), "\ud800"),
        (pa.binary(), "a"),
        (pa.bool_(), 1),
        (pa.int8(), 128),
        (pa.int32(), 1.5),
        (pa.uint8(), -1),
        (pa.float32(), "1"),
    ],
)
def test_values_that_do_not_fit_are_refused(tmp_path: Path, kind: pa.DataType, value: object) -> None:
    table = Table("odd", "One.", ("value",), (Column("value", kind, "Value."),))
    with pytest.raises(SchemaError, match="a row does not fit the table `odd`"):
        table.write([{"value": value}], tmp_path)


def test_writing_and_reading_do_not_import_pandas(tmp_path: Path) -> None:
    """It takes a sixth of a second, in each stage of each corpus."""
    script = f"""
import sys
from pathlib import Path
import test_schema
test_schema.TABLE.write(test_schema.ROWS, Path({str(tmp_path)!r}))
assert len(test_schema.TABLE.rows(Path({str(tmp_path)!r}))) == 3
assert "pandas" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parent)
