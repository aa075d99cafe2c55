"""A PostgreSQL database read in one snapshot: its types, its figures and its rows as text."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

import polars as pl

from transforms.errors import NotYetError, RefusedError

BATCH_BYTES = 8 << 20
# What trying again cannot mend, as the server words it before there is a session with a SQLSTATE.
_HOPELESS = ("authentication failed", "does not exist", "pg_hba.conf", "URI", "connection option")
_MAY_PASS = ("08", "40", "53", "55", "57")  # SQLSTATE classes: connection, resources, operator
_TIMES = ("timestamp with time zone", "timestamp without time zone", "date")
_ROW = "pulled_row_"  # an alias that no column is likely to have


@dataclass(frozen=True, slots=True)
class Extent:
    """What a query gives within the snapshot.

    Attributes:
        rows: How many.
        watermark: Greatest one that is not after the snapshot, on the clock it is written in; None
            without any.
        at: When the snapshot was taken, UTC without zone.
    """

    rows: int
    watermark: datetime | None
    at: datetime


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_hopeless(said: str, _: str | None) -> bool:
    return any(words in said for words in _HOPELESS)


def _is_refused(said: str, sqlstate: str | None) -> bool:
    """Tell whether the server refused what was asked, so that asking again is vain."""
    if sqlstate:
        return not sqlstate.startswith(_MAY_PASS)
    return "ERROR:" in said and "cancel" not in said


class Snapshot:
    """One read-only transaction, in which every query sees the database at the same instant.

    Args:
        uri: As libpq takes it; its password never appears in a message.
        connection: Name that messages call the database by.
    """

    def __init__(self, uri: str, connection: str, batch_bytes: int = BATCH_BYTES):
        from adbc_driver_postgresql import StatementOptions, dbapi

        self._where = f"Connection {connection}"
        self._secret = urlsplit(uri).password or ""
        self._batch = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(batch_bytes)}
        with self._foreseen("cannot be opened", "cannot be opened", _is_hopeless):
            self._connection = dbapi.connect(uri)
        with self._foreseen():
            self._act("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            self._act("SET LOCAL TIME ZONE 'UTC'")
            self._act("SET LOCAL client_encoding = 'UTF8'")

    def __enter__(self) -> "Snapshot":
        return self

    def __exit__(self, *_: object) -> None:
        # A connection that was lost was told of already, or no longer matters.
        with suppress(NotYetError), self._foreseen():
            self._connection.close()

    def types(self, sql: str) -> list[tuple[str, str]]:
        """Return the columns of a query in order, with PostgreSQL's full names of their types."""
        with self._foreseen(), self._connection.cursor() as cursor:
            names = cursor.adbc_execute_schema(sql).names
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise RefusedError(
                f"{self._where}: the query gives two columns {twice!r}. Rename one with AS."
            )
        given = ", ".join(f"pg_typeof({_ROW}.{_quoted(name)})::text" for name in names)
        nothing = f"(SELECT * FROM (\n{sql}\n) AS empty_ LIMIT 0) AS {_ROW}"
        row = self._row(f"SELECT {given} FROM (SELECT 1) AS one_ LEFT JOIN {nothing} ON true")
        return list(zip(names, row, strict=True))

    def full_name(self, kind: str) -> str | None:
        """Return PostgreSQL's full name of a type, such as `bigint` for `int8`; None if unknown."""
        return self._row(f"SELECT to_regtype({_literal(kind)})::text")[0]

    def extent(self, sql: str, watermark: str | None) -> Extent:
        """Count the rows of a query and find how far they reach."""
        reached = "NULL"
        if watermark:
            column = f"{_ROW}.{_quoted(watermark)}"
            known = f"isfinite({column}) AND {column} <= now()"
            reached = f"max({column}) FILTER (WHERE {known})"
        rows, reached, at = self._row(
            f"SELECT count(*), ({reached})::timestamp, now()::timestamp FROM (\n{sql}\n) AS {_ROW}"
        )
        return Extent(rows, reached, at)

    def lines(self, sql: str, columns: list[str], order: str | None) -> Iterator[pl.Series]:
        """Yield the rows of a query as JSON texts that PostgreSQL writes itself, exact, in batches.

        Args:
            sql: The query.
            columns: Which columns, in the order of the keys.
            order: Column to sort by; None leaves the order to the database.
        """
        keys = ", ".join(f"{_ROW}.{_quoted(name)}" for name in columns)
        sorted_by = f" ORDER BY {_ROW}.{_quoted(order)}" if order else ""
        with self._foreseen(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**self._batch)
            cursor.execute(
                f"SELECT row_to_json(line_)::text FROM "
                f"(SELECT {keys} FROM (\n{sql}\n) AS {_ROW}{sorted_by}) AS line_"
            )
            with cursor.fetch_record_batch() as reader:
                for batch in reader:
                    yield pl.Series(batch.column(0))

    def _act(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def _row(self, sql: str) -> tuple:
        with self._foreseen(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()

    @contextmanager
    def _foreseen(
        self,
        passing: str = "was lost",
        lasting: str = "refused the query",
        is_lasting: Callable[[str, str | None], bool] = _is_refused,
    ) -> Iterator[None]:
        """Turn the driver's errors into ours, without the password.

        Args:
            passing, lasting: What happened, if trying again may help and if not.
            is_lasting: Tells which, by what was said and its SQLSTATE.
        """
        import adbc_driver_manager
        import pyarrow

        try:
            yield
        except (adbc_driver_manager.Error, pyarrow.ArrowException, OSError) as problem:
            said = " ".join(str(problem).split())
            if self._secret:
                said = said.replace(self._secret, "***").replace(unquote(self._secret), "***")
            if is_lasting(said, getattr(problem, "sqlstate", None)):
                kind, what, todo = RefusedError, lasting, "Correct it and run again"
            else:
                kind, what = NotYetError, passing
                todo = "It is tried again; if that does not help, look at the server"
            raise kind(f"{self._where}: {what} ({said[:500]}). {todo}.") from None


def since(sql: str, watermark: str, kind: str, lower: datetime) -> str:
    """Return a query cut to the rows whose watermark is not before `lower`, or is no time.

    Raises:
        RefusedError: The watermark is of a type that is no time.
    """
    written = lower.date() if kind == "date" else lower
    zone = "+00" if kind == "timestamp with time zone" else ""
    column = f"since_.{_quoted(watermark)}"
    return (
        f"SELECT * FROM (\n{sql}\n) AS since_ WHERE {column} >= '{written}{zone}'::{kind} "
        f"OR {column} IS NULL OR {column} = '-infinity'"
    )


def is_time(kind: str) -> bool:
    """Tell whether a watermark may be of a type."""
    return kind in _TIMES
