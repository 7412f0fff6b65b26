"""The machinery of tables: a name, a key, typed and described columns, and the only ways to write and read them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unmask.errors import SchemaError


@dataclass(frozen=True)
class Column:
    """One column: its name, Arrow type, meaning with unit and range, and whether it may be null."""

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """A Parquet table that one step owns.

    Attributes:
        name: File name without suffix.
        meaning: What one row is.
        key: Columns that together name a row; rows are sorted by them and none occurs twice.
        columns: All columns in order.
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """Give the Arrow schema."""
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])

    def write(self, rows: Iterable[Mapping[str, Any]] | pa.Table, place: Path) -> Path:
        """Check, sort by key and write.

        Args:
            rows: Mappings with a value for every column, or an Arrow table.
            place: A folder (the file gets the table's name) or a path that ends in `.parquet`.

        Returns:
            Path of the file written; the same rows give the same bytes.

        Raises:
            SchemaError: A column is missing, unknown, of the wrong type or null where it may not be, or a key repeats.
        """
        path = self._file(place)
        table = self._check(self._arrow(rows, path), path).sort_by([(name, "ascending") for name in self.key])
        self._check_unique(table, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="zstd", write_statistics=True, store_schema=False)
        return path

    def read(self, place: Path, columns: Sequence[str] | None = None) -> pa.Table:
        """Read and check a table, or some of its columns.

        Raises:
            SchemaError: The file is missing, unreadable, or does not have this table's columns and types.
        """
        path = self._file(place)
        try:
            found = pq.read_schema(path)
            table = pq.read_table(path, columns=list(columns) if columns is not None else None)
        except FileNotFoundError:
            raise SchemaError(
                f"{path} does not exist; run the step that writes it, or fetch it with `dvc pull`."
            ) from None
        except (pa.ArrowException, OSError) as error:
            raise SchemaError(f"{path} is not a readable Parquet file: {error}") from None
        if found.names != self.schema.names or found.types != self.schema.types:
            raise SchemaError(f"{path} is not a `{self.name}` table: {self._difference(found)}.")
        return table

    def rows(self, place: Path, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Read a table as a list of mappings; for tables that fit in memory many times over."""
        rows: list[dict[str, Any]] = self.read(place, columns).to_pylist()
        return rows

    def _file(self, place: Path) -> Path:
        return place if place.suffix == ".parquet" else place / f"{self.name}.parquet"

    def _arrow(self, rows: Iterable[Mapping[str, Any]] | pa.Table, path: Path) -> pa.Table:
        if isinstance(rows, pa.Table):
            return rows
        listed = list(rows)
        names = set(self.schema.names)
        for row in listed:
            if row.keys() != names:
                wrong = sorted(row.keys() ^ names)
                raise SchemaError(f"{path}: a row of `{self.name}` has missing or unknown columns: {wrong}.")
        try:
            return pa.Table.from_pylist(listed, schema=self.schema)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise SchemaError(f"{path}: a row does not fit the table `{self.name}`: {error}") from None

    def _check(self, table: pa.Table, path: Path) -> pa.Table:
        if table.schema.names != self.schema.names or table.schema.types != self.schema.types:
            raise SchemaError(f"{path}: {self._difference(table.schema)}.")
        for column in self.columns:
            if not column.nullable and table[column.name].null_count:
                raise SchemaError(f"{path}: column `{column.name}` of `{self.name}` may not be null.")
        return table.cast(self.schema)

    def _check_unique(self, table: pa.Table, path: Path) -> None:
        if len(table) < 2:
            return
        same = None
        for name in self.key:
            values = table[name].combine_chunks()
            equal = pc.equal(values.slice(1), values.slice(0, len(table) - 1))
            same = equal if same is None else pc.and_(same, equal)
        if pc.any(same).as_py():
            row = table.slice(pc.index(same, True).as_py(), 1).select(list(self.key)).to_pylist()[0]
            raise SchemaError(f"{path}: the key {row} occurs twice in `{self.name}`.")

    def _difference(self, found: pa.Schema) -> str:
        wanted = {field.name: str(field.type) for field in self.schema}
        given = {field.name: str(field.type) for field in found}
        odd = sorted(name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name))
        if not odd:
            return "the columns stand in another order"
        return "; ".join(
            f"`{name}` should be {wanted.get(name, 'absent')}, is {given.get(name, 'absent')}" for name in odd
        )
