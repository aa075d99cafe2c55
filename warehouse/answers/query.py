"""Questions in SQL over the tables of the lake, and the files that hold a table."""

import re
from datetime import date
from pathlib import Path
from typing import BinaryIO

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as arrow
from pyarrow.fs import FileSystem, FSSpecHandler, LocalFileSystem, PyFileSystem

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.features.catalogue import FEATURES
from transforms.months import month_text
from transforms.tables.decided import DECIDED
from transforms.tables.facts import FACTS
from transforms.tables.table import Table
from warehouse.store.audit import Chain
from warehouse.store.folder import Folder
from warehouse.store.lake import Lake

TABLES = {table.name: table for table in (*FACTS, FEATURES, *DECIDED)}
_UNKNOWN_TABLE = re.compile(r'Table with name "?([^\s"]+)"? does not exist')


def query(lake: Lake, sql: str) -> pl.DataFrame:
    """Answer one SELECT in DuckDB's SQL.

    Every table of the lake is there under its name, all months in force together, with a column
    `month` (text, YYYY-MM) before its own. Moments are shown in the lender's zone. The SQL reaches
    neither files nor network: DuckDB is handed the tables and has no access to anything else.

    Args:
        lake: The lake.
        sql: One statement.

    Returns:
        The rows in the order that the statement asks for. Whole numbers stay whole: a sum of cents
        is Int64, or Decimal if it is too large for that.

    Raises:
        RefusedError: The statement is not one SELECT, or DuckDB cannot answer it; says where.
    """
    connection = duckdb.connect(config={"python_enable_replacements": "false"})
    try:
        _require_one_select(connection, sql)
        chain = Chain.read(lake)
        for table in TABLES.values():
            connection.register(table.name, _dataset(chain, table))
        connection.execute(f"SET TimeZone = '{lake.time_zone}'")
        # A SELECT may hold a COPY in a WITH, which writes: so no file may be reached at all.
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return pl.DataFrame([_whole(column) for column in connection.sql(sql).pl()])
    except (duckdb.Error, pl.exceptions.PolarsError, OSError) as problem:
        raise RefusedError(_told(problem)) from problem
    finally:
        connection.close()


def files(lake: Lake, table: str, month: date) -> list[str]:
    """Return where the files in force of a table and month lie, by bucket: paths or URLs.

    Raises:
        RefusedError: There is no such table, or it has no such month; names what there is.
    """
    if table not in TABLES:
        raise RefusedError(f"Table {table[:80]!r}: no such table.{nearest(table, TABLES)}")
    chain = Chain.read(lake)
    found = chain.files(table, month)
    if not found:
        months = [month_text(there) for there in chain.months(table)]
        span = f"{months[0]} to {months[-1]}" if months else "none yet"
        raise RefusedError(
            f"Table {table} {month_text(month)}: not in the lake. Months there: {span}."
        )
    return [lake.place.shown(file.path) for file in found]


def _dataset(chain: Chain, table: Table) -> arrow.Dataset:
    """Return the files in force of a table as one dataset; no file is opened yet."""
    disk, parquet = _disk(chain, table), arrow.ParquetFileFormat()
    fragments = [
        parquet.make_fragment(
            str(chain.lake.path(file.path)), disk, partition_expression=_of_month(month)
        )
        for month in chain.months(table.name)
        for file in chain.files(table.name, month)
    ]
    return arrow.FileSystemDataset(fragments, _arrow_schema(table), parquet, disk)


def _disk(chain: Chain, table: Table) -> FileSystem:
    """Return the files as Arrow opens them: those of a bucket are copied here when it does."""
    if isinstance(chain.lake.place, Folder):
        return LocalFileSystem()
    return PyFileSystem(FSSpecHandler(_Copied(chain, table)))


class _Copied:
    """The little that Arrow asks of a file system to read files of a table.

    A month that the question leaves out is never opened, and so never copied.
    """

    protocol = "limitwise"

    def __init__(self, chain: Chain, table: Table):
        listed = (f for month in chain.months(table.name) for f in chain.files(table.name, month))
        self._files = {str(chain.lake.path(file.path)): file for file in listed}
        self._lake = chain.lake

    def isfile(self, path: str) -> bool:
        return path in self._files

    def open(self, path: str, mode: str = "rb") -> BinaryIO:
        (copy,) = self._lake.paths([self._files[path]])
        return Path(copy).open(mode)


def _of_month(month: date) -> arrow.Expression:
    return arrow.field("month") == pa.scalar(month_text(month), pa.large_string())


def _arrow_schema(table: Table) -> pa.Schema:
    """Return the declared columns after `month`, an Enum as text; old files may lack some."""
    declared = table.empty().collect().to_arrow().schema
    texts = (
        field.with_type(pa.large_string()).remove_metadata()
        if pa.types.is_dictionary(field.type)
        else field
        for field in declared
    )
    return pa.schema([pa.field("month", pa.large_string()), *texts])


def _require_one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    kinds = [statement.type.name for statement in connection.extract_statements(sql)]
    if kinds != ["SELECT"]:
        found = ", ".join(kinds) or "nothing"
        raise RefusedError(
            f"Query: wanted is one SELECT, found was {found}. Write one statement that only reads; "
            "a PIVOT needs its values named with IN."
        )


def _whole(column: pl.Series) -> pl.Series:
    """Return a 128-bit sum of whole numbers, which arrives as Decimal, as Int64 if it fits."""
    if column.dtype != pl.Decimal(38, 0):
        return column
    fitting = column.cast(pl.Int64, strict=False)
    return fitting if fitting.null_count() == column.null_count() else column


def _told(problem: Exception) -> str:
    """Return the engine's message as one paragraph, with the nearest of our tables."""
    text, _, position = str(problem).partition("\n\nLINE ")
    if unknown := _UNKNOWN_TABLE.search(text):
        return f"Query: no table {unknown[1]!r}.{nearest(unknown[1], TABLES)}"
    where = f" in line {position.split(':')[0]}" if position else ""
    sentence = " ".join(text.split())
    sentence += "" if sentence.endswith((".", "!", "?")) else "."
    damaged = isinstance(problem, OSError) or "reading the stream registered" in text
    remedy = "Run `limitwise verify`." if damaged else "Correct the SQL."
    return f"Query{where}: {sentence} {remedy}"
