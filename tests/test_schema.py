"""Tables: sorted, checked both ways, the same bytes for the same rows."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from unmask.errors import SchemaError
from unmask.schema import Column, Table

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
