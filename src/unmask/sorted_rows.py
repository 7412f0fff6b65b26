"""Write a Parquet file piece by piece: rows in the order of their key, none twice, the same rows as the same bytes."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from unmask.errors import SchemaError

# Rows of a row group, the unit in which files are written and read. The keys of so many rows still fit into the
# dictionary that Parquet makes of a column, which may have 1 MiB.
ROWS = 1 << 17


class SortedWriter:
    """Write rows that come in order; nothing remains of a file that cannot be finished.

    Row groups are cut by their number of rows, wherever the pieces end, so the bytes depend on the rows alone. A thread
    encodes one row group while the next one is made.
    """

    def __init__(
        self, path: Path, schema: pa.Schema, key: Sequence[str], check: Callable[[pa.Table, Path], pa.Table]
    ) -> None:
        """Note what will be written; the file is made with the first full row group, or at the end.

        Args:
            path: File to write; its folder is made when needed.
            schema: Columns in order.
            key: Columns that together name a row.
            check: Refuses rows that do not fit the schema, with a SchemaError; it gets the path for its message.
        """
        self._path, self._schema, self._key, self._check = path, schema, list(key), check
        self._waiting: list[pa.Table] = []
        self._last: pa.Table | None = None
        self._file: pq.ParquetWriter | None = None
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._running: Future[None] | None = None

    def __enter__(self) -> Self:
        """Give the writer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits and close the file, or remove it after an error."""
        done = False
        try:
            if kind is None:
                self._flush(1)
                self._join()
                # A table without any row has a file too.
                self._open()
                done = True
        finally:
            self._thread.shutdown()
            if self._file is not None:
                self._file.close()
                if not done:
                    self._path.unlink(missing_ok=True)

    def write(self, table: pa.Table) -> None:
        """Add rows that come after all earlier ones.

        Args:
            table: Rows with the columns of the schema.

        Raises:
            SchemaError: A row does not fit the schema, a key occurs twice, or rows are out of order.
        """
        table = self._check(table, self._path)
        if not len(table):
            return
        keys = table.select(self._key)
        known = keys if self._last is None else pa.concat_tables([self._last, keys])
        if (row := disorder(known)) is not None:
            before, after = known.slice(row - 1, 2).to_pylist()
            wrong = "occurs twice" if before == after else f"comes after {before}"
            raise SchemaError(f"{self._path}: the key {after} {wrong}.")
        self._last = keys.slice(len(keys) - 1)
        self._waiting.append(table)
        self._flush(ROWS)

    def _flush(self, least: int) -> None:
        """Have row groups written while at least so many rows wait."""
        if sum(map(len, self._waiting)) < least:
            return
        table = pa.concat_tables(self._waiting)
        while len(table) >= least:
            self._join()
            self._running = self._thread.submit(self._encode, table.slice(0, ROWS))
            table = table.slice(ROWS)
        self._waiting = [table]

    def _join(self) -> None:
        if self._running is not None:
            self._running.result()

    def _encode(self, table: pa.Table) -> None:
        # In one chunk, for pages end where chunks do.
        self._open().write_table(table.combine_chunks(), row_group_size=ROWS)

    def _open(self) -> pq.ParquetWriter:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = pq.ParquetWriter(
                self._path, self._schema, compression="zstd", write_statistics=True, store_schema=False
            )
        return self._file


def disorder(keys: pa.Table) -> int | None:
    """Find the first row that does not come after the row before it.

    Args:
        keys: The columns of the key, the first one counts most.

    Returns:
        Number of the row; None if all are in order and none occurs twice.

    Example:
        >>> disorder(pa.table({"name": ["a", "a", "b"], "number": [1, 2, 1]}))
        >>> disorder(pa.table({"name": ["a", "a", "b"], "number": [1, 1, 1]}))
        1
    """
    if len(keys) < 2:
        return None
    # Numbers of pairs of rows that are equal so far. No NumPy: to take it, pyarrow imports pandas, a sixth of a second.
    tied = pa.arange(0, len(keys) - 1)
    wrong = []
    for column in keys.columns:
        before, after = column.slice(0, len(keys) - 1), column.slice(1)
        # Most keys begin like the one before, so few are compared in full.
        equal = pc.equal(after, before).take(tied)
        changed = tied.filter(pc.invert(equal))
        later = pc.greater(after.take(changed), before.take(changed))
        wrong += changed.filter(pc.invert(later)).slice(0, 1).to_pylist()
        tied = tied.filter(equal)
    wrong += tied.slice(0, 1).to_pylist()
    return min(wrong) + 1 if wrong else None
