"""The machinery of tables: a name, a key, typed and described columns, and the only ways to write and read them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from unmask.columns import to_arrow
from unmask.errors import SchemaError, blocked
from unmask.sorted_rows import SortedWriter, disorder

# Columns that a message names.
MOST = 3


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
        table = self._check(self._arrow(rows, path), path)
        if disorder(table.select(self.key)) is not None:
            table = table.sort_by([(name, "ascending") for name in self.key])
        with self.writer(path) as out:
            out.write(table)
        return path

    def writer(self, place: Path) -> SortedWriter:
        """Open a file for writing piece by piece, for tables that do not fit in memory; the checks are the same.

        Args:
            place: As for `write`.
        """
        return SortedWriter(self._file(place), self.schema, self.key, self._check)

    def read(self, place: Path, columns: Sequence[str] | None = None) -> pa.Table:
        """Read and check a table, or some of its columns.

        Raises:
            SchemaError: The file is missing, unreadable, or does not have this table's columns and types.
        """
        path = self._file(place)
        self._check_file(path)
        return self._try(path, lambda: _read(path, list(columns) if columns is not None else None))

    def pieces(self, place: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Read some columns row group by row group, for tables that do not fit in memory.

        Yields:
            Rows in the order of the file.

        Raises:
            SchemaError: As for `read`.
        """
        path = self._file(place)
        self._check_file(path)
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield self._try(path, partial(file.read_row_group, number, list(columns))).select(list(columns))

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
            arrays = [to_arrow([row[c.name] for row in listed], c.type) for c in self.columns]
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise SchemaError(f"{path}: a row does not fit the table `{self.name}`: {error}") from None
        return pa.table(arrays, schema=self.schema)

    def _check(self, table: pa.Table, path: Path) -> pa.Table:
        if table.schema.names != self.schema.names or table.schema.types != self.schema.types:
            raise SchemaError(f"{path}: {self._difference(table.schema)}.")
        for column in self.columns:
            if not column.nullable and table[column.name].null_count:
                raise SchemaError(f"{path}: column `{column.name}` of `{self.name}` may not be null.")
        return table.cast(self.schema)

    def _check_file(self, path: Path) -> None:
        found = self._try(path, lambda: pq.read_schema(path))
        if found.names != self.schema.names or found.types != self.schema.types:
            raise SchemaError(f"{path} is not a `{self.name}` table: {self._difference(found)}.")

    def _try(self, path: Path, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (FileNotFoundError, NotADirectoryError):
            raise SchemaError(
                f"{path} does not exist; run the step that writes it, or fetch it with `dvc pull`."
            ) from None
        except (pa.ArrowException, OSError) as error:
            said = blocked(error) if isinstance(error, OSError) else ""
            raise SchemaError(said or f"{path} is not a readable Parquet file: {error}") from None

    def _difference(self, found: pa.Schema) -> str:
        wanted = {field.name: str(field.type) for field in self.schema}
        given = {field.name: str(field.type) for field in found}
        odd = sorted(name for name in wanted.keys() | given.keys() if wanted.get(name) != given.get(name))
        if not odd:
            return "the columns stand in another order"
        said = [f"`{name}` should be {wanted.get(name, 'absent')}, is {given.get(name, 'absent')}" for name in odd]
        return "; ".join(said[:MOST]) + (f"; and {len(said) - MOST} more" if len(said) > MOST else "")


def _read(path: Path, columns: list[str] | None) -> pa.Table:
    # Not `read_table`: it imports pandas, a quarter of a second.
    with pq.ParquetFile(path) as file:
        table = file.read(columns=columns)
    return table if columns is None else table.select(columns)
