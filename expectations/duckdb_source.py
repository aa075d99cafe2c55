"""DuckDB as a data source of Great Expectations, reading Parquet files as they were written.

Great Expectations has no engine for DuckDB, and its SQL engine closes a connection before it reads
the answer, upon which DuckDB has none. So here is an engine that keeps one connection open, and a
data source that hands it out. Both lean on internals of the pinned version; a test guards them.
"""

import functools
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from expectations.lean import ask_once, name_plainly, without_the_unused
from transforms.tables.table import Table

DECLARED = "declared_"
_EXAMPLES = ".unexpected_values"  # a metric that reads a whole column for each expectation
_DRIVER = re.compile(r"^\(_?duckdb\.\w+\)\s*")
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET memory_limit = '2GB'",  # beyond it, distinct keys of a large month go to the disk
    "SET enable_progress_bar = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
)


class UnreadableError(Exception):
    """A Parquet file cannot be read, or is not of one shape with its neighbours."""


class Reader:
    """Tables and figures as views of one DuckDB, for Great Expectations and for our own queries.

    Attributes:
        connection: The one connection, open until the end.
        context: Ephemeral context of Great Expectations: nothing is kept anywhere.
    """

    def __init__(self, connection: Any, context: Any, source: Any):
        self.connection = connection
        self.context = context
        self._source = source

    def rows(self, sql: str) -> list[tuple]:
        """Return the rows that a query of our own gives."""
        return [tuple(row) for row in self.connection.exec_driver_sql(sql).fetchall()]

    def frame(self, name: str, frame: pl.DataFrame) -> None:
        """Make a frame a table called `name`."""
        self.connection.exec_driver_sql("register", (name, frame.to_arrow()))

    def prepare(self, name: str, sql: str) -> None:
        """Make the answer of a query a table called `name`."""
        self.connection.exec_driver_sql(f'CREATE TABLE "{name}" AS {sql}')

    def declared(self, table: Table) -> None:
        """Make the declared shape of a table a table without rows."""
        self.frame(f"{DECLARED}{table.name}", table.empty().collect())

    def view(self, name: str, table: Table, paths: tuple[str, ...]) -> None:
        """Make Parquet files a table called `name`; no files are a table without rows.

        Raises:
            UnreadableError: A file cannot be read to its end, or has other columns than the first
                one; the message names the files.
        """
        if not paths:
            self.frame(name, table.empty().collect())
            return
        if broken := self._broken(paths):
            raise UnreadableError(broken)
        self.connection.exec_driver_sql(f'CREATE VIEW "{name}" AS FROM {_scan(paths)}')

    def batch(self, name: str) -> Any:
        """Return a table as Great Expectations knows it."""
        asset = self._source.add_table_asset(name, table_name=name)
        return asset.add_batch_definition_whole_table(name).get_batch()

    @contextmanager
    def without_examples(self) -> Iterator[None]:
        """Let what is validated within count wrong values without looking for any of them."""
        engine = self._source.get_execution_engine()
        engine.asks_for_examples = False
        try:
            yield
        finally:
            engine.asks_for_examples = True

    def _broken(self, paths: tuple[str, ...]) -> str:
        """Return which files cannot be read to their end, or differ in shape; empty if none."""
        try:
            shapes = dict(self.rows(_shapes(paths)))
            others = [path for path in paths if shapes.get(path) != shapes[paths[0]]]
            if others:
                return f"{', '.join(others)}: not of the columns and types of {paths[0]}"
            self.rows(_reading(paths))
        except Exception as problem:
            alone = filter(None, map(self._broken_alone, paths))
            return "; ".join(alone) or f"{len(paths)} files together: {first_line(problem)}"
        return ""

    def _broken_alone(self, path: str) -> str:
        try:
            self.rows(_reading((path,)))
        except Exception as problem:
            return f"{path}: {first_line(problem)}"
        return ""


def _reading(paths: tuple[str, ...]) -> str:
    """Return a query that decodes every value."""
    return f"SELECT bit_xor(hash(t)) FROM {_scan(paths)} AS t"


def _scan(paths: tuple[str, ...]) -> str:
    return f"read_parquet([{_quoted(paths)}], hive_partitioning = false)"


def _quoted(texts: tuple[str, ...]) -> str:
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def _shapes(paths: tuple[str, ...]) -> str:
    """Return a query for the names and stored types of each file's columns."""
    shape = "string_agg(concat_ws(' ', name, type, logical_type), ', ' ORDER BY column_id)"
    return f"SELECT file_name, {shape} FROM parquet_schema([{_quoted(paths)}]) GROUP BY ALL"


def first_line(problem: object) -> str:
    """Return what went wrong without the trace: the first line, and no more than 200 characters."""
    said = str(getattr(problem, "orig", problem)).strip() or type(problem).__name__
    return _DRIVER.sub("", said.splitlines()[0])[:200].rstrip(".!")


@contextmanager
def opened() -> Iterator[Reader]:
    """Open an empty DuckDB in memory with a Great Expectations context of its own."""
    great_expectations = imported()
    import sqlalchemy

    _, source_class = _classes()
    engine = sqlalchemy.create_engine(
        "duckdb:///:memory:", poolclass=sqlalchemy.pool.StaticPool, isolation_level="AUTOCOMMIT"
    )
    connection = engine.connect()
    context = great_expectations.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = source_class(name="lake", connection_string="duckdb:///:memory:")
    source.hand_out(engine, connection)
    context.add_datasource(datasource=source)
    with TemporaryDirectory(prefix="limitwise-") as spill:
        for setting in (*_SETTINGS, f"SET temp_directory = '{spill}'"):
            connection.exec_driver_sql(setting)
        try:
            yield Reader(connection, context, context.data_sources.get("lake"))
        finally:
            connection.close()
            engine.dispose()


@functools.cache
def imported() -> Any:
    """Import Great Expectations, which takes seconds, once, in silence, and leaner."""
    logger = logging.getLogger("great_expectations")
    logger.setLevel(logging.WARNING)
    with warnings.catch_warnings(), without_the_unused():
        warnings.simplefilter("ignore")
        import great_expectations.expectations
    ask_once()
    name_plainly()
    for name in logging.root.manager.loggerDict:
        if name.split(".")[0] == "great_expectations":
            logging.getLogger(name).setLevel(logging.CRITICAL)  # a failed query is our message
    return great_expectations


@functools.cache
def _classes() -> tuple[type, type]:
    from typing import Literal

    from great_expectations.compatibility import pydantic
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    class DuckDBEngine(SqlAlchemyExecutionEngine):
        """The SQL engine, with one connection that stays open, and examples only if asked for."""

        asks_for_examples = True

        @contextmanager
        def get_connection(self):
            yield self._connection

        def resolve_metrics(self, metrics_to_resolve, metrics=None, runtime_configuration=None):
            asked = list(metrics_to_resolve)
            examples = [one for one in asked if one.metric_name.endswith(_EXAMPLES)]
            if self.asks_for_examples or not examples:
                return super().resolve_metrics(asked, metrics, runtime_configuration)
            others = [one for one in asked if not one.metric_name.endswith(_EXAMPLES)]
            found = super().resolve_metrics(others, metrics, runtime_configuration)
            return {**found, **{one.id: [] for one in examples}}

    class DuckDBSource(SQLDatasource):
        """The SQL data source, handing out that engine."""

        type: Literal["duckdb"] = "duckdb"
        _opened: Any = pydantic.PrivateAttr(None)

        def hand_out(self, engine: Any, connection: Any) -> None:
            """Use an engine and connection that are open."""
            self._opened = DuckDBEngine(engine=engine, create_temp_table=False)
            self._opened._connection = connection

        def get_engine(self) -> Any:
            return self._opened.engine

        def get_execution_engine(self) -> Any:
            return self._opened

    return DuckDBEngine, DuckDBSource
