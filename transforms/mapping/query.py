"""A query section of a source: rows of a database, pulled into landing files of their own."""

import re
from dataclasses import dataclass

from transforms.declared import Declared, Path, nearest
from transforms.mapping.path_pattern import PathPattern

PULLED = "pulled"
QUERY_KEYS = ("sql", "table", "watermark", "overlap_hours")
ASKED_BY = ("connection", "columns", *QUERY_KEYS)  # how rows are fetched, not how they are read
_OVERLAP_HOURS = 48
_LONGEST_OVERLAP_HOURS = 10_000
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?")


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What is asked of a database.

    Attributes:
        source, name: Of the mapping and of the section; they name the folder of its files.
        connection: Id of the Airflow connection.
        sql: One SELECT.
        columns: Declared type of every column that it gives, by PostgreSQL's names.
        watermark: Column that a change of a row moves forward; None pulls every row each time.
        overlap_hours: How far before the last watermark a pull begins, for rows that were committed
            late.
    """

    source: str
    name: str
    connection: str
    sql: str
    columns: dict[str, str]
    watermark: str | None
    overlap_hours: int

    @property
    def folder(self) -> str:
        """Return where its files lie, relative to the landing folder."""
        return f"{PULLED}/{self.source}/{self.name}"

    def pattern(self, *, by_month: bool) -> PathPattern:
        """Return the pattern of its files; `by_month`: a file is of the month it was pulled for."""
        return PathPattern(f"{self.folder}/{'*.{month}.*' if by_month else '*'}.jsonl")


def query_of(declared: Declared, path: Path, source: str) -> Query:
    """Read what a query section asks for.

    Raises:
        RefusedError: A key is missing or wrong; names the line.
    """
    section = declared.at(path)
    for key in ("name", "connection"):
        if not isinstance(section[key], str) or not _NAME.fullmatch(section[key]):
            raise declared.refused(
                (*path, key),
                f"{key} is {str(section[key])[:40]!r}. Write letters, digits, _ and - only.",
            )
    columns = _columns(declared, path)
    watermark = section.get("watermark")
    if watermark is not None and watermark not in columns:
        raise declared.refused(
            (*path, "watermark"),
            f"watermark {str(watermark)[:40]!r} is none of the columns."
            f"{nearest(str(watermark), columns)}",
        )
    return Query(
        source=source,
        name=section["name"],
        connection=section["connection"],
        sql=_sql(declared, path),
        columns=columns,
        watermark=watermark,
        overlap_hours=_overlap_hours(declared, path, watermark),
    )


def require_declared(
    declared: Declared,
    path: Path,
    query: Query,
    fields: tuple[str, ...],
    placeholders: tuple[str, ...] = (),
) -> None:
    """Refuse a template that reads a column which the query does not declare."""
    for field in fields:
        if field not in query.columns:
            raise declared.refused(
                path,
                f"{field!r} is none of the columns.{nearest(field, query.columns, placeholders)}",
            )


def _columns(declared: Declared, path: Path) -> dict[str, str]:
    columns = declared.at(path)["columns"]
    where = (*path, "columns")
    if not isinstance(columns, dict) or not columns:
        raise declared.refused(
            where, f'columns is {str(columns)[:40]!r}. Write {{ id = "bigint", … }}.'
        )
    for name, kind in columns.items():
        if not isinstance(kind, str) or not kind.strip():
            raise declared.refused(
                (*where, name), f"type of {name} is {kind!r}. Write PostgreSQL's name of it."
            )
    return columns


def _sql(declared: Declared, path: Path) -> str:
    section = declared.at(path)
    given = [key for key in ("sql", "table") if key in section]
    if len(given) != 1:
        raise declared.refused(path, "the query needs sql or table, and not both. Write one.")
    text = section[given[0]]
    if not isinstance(text, str) or not text.strip():
        raise declared.refused((*path, given[0]), f"{given[0]} is {text!r}. Write a text.")
    if given == ["sql"]:
        return text.strip().removesuffix(";")
    if not _TABLE.fullmatch(text):
        raise declared.refused(
            (*path, "table"), f"{text[:40]!r} is not a plain table name. Write it as sql."
        )
    return f"SELECT * FROM {text}"


def _overlap_hours(declared: Declared, path: Path, watermark: str | None) -> int:
    hours = declared.at(path).get("overlap_hours")
    if hours is None:
        return _OVERLAP_HOURS
    where = (*path, "overlap_hours")
    if watermark is None:
        raise declared.refused(where, "overlap_hours without watermark. Add it, or remove this.")
    if type(hours) is not int or not 0 <= hours <= _LONGEST_OVERLAP_HOURS:
        raise declared.refused(
            where, f"overlap_hours is {hours!r}. Write hours from 0 to {_LONGEST_OVERLAP_HOURS:,}."
        )
    return hours
