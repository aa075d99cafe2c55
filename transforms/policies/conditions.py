"""Conditions and amounts of a policy: SQL over declared columns, read and checked before use."""

import re
from collections.abc import Mapping

import polars as pl

from transforms.declared import Declared, Path, nearest

FUNCTIONS = ("abs", "cast", "coalesce", "div", "greatest", "if", "least", "mod", "nullif")
_WORDS_BEFORE_A_BRACKET = (
    "and",
    "or",
    "not",
    "in",
    "case",
    "when",
    "then",
    "else",
    "between",
    "is",
)
_TEXT = re.compile(r"'[^']*'")
_CALL = re.compile(r"\b([a-z_]\w*)\s*\(", re.IGNORECASE)
_CLOCK = re.compile(r"\b(current_date|current_time|current_timestamp|localtime\w*|now)\b", re.I)


def condition_of(
    declared: Declared, path: Path, columns: Mapping[str, pl.DataType]
) -> tuple[pl.Expr, frozenset[str]]:
    """Return the Boolean expression written at `path`, and the columns that it reads.

    Raises:
        RefusedError: It is no SQL, reads an unknown column, looks beyond the row or is not
            true, false or null; the message names file, line and the nearest column.
    """
    expression, reads, dtype = _checked(declared, path, columns)
    if dtype != pl.Boolean():
        raise declared.refused(
            path, f"{declared.at(path)!r} is {dtype}, not true or false. Compare it with something."
        )
    return expression, reads


def amount_of(
    declared: Declared, path: Path, columns: Mapping[str, pl.DataType]
) -> tuple[pl.Expr, frozenset[str]]:
    """Return the expression in cents (Int64) written at `path`, and the columns that it reads.

    Raises:
        RefusedError: As `condition_of`; also if the amount is not an integer.
    """
    expression, reads, dtype = _checked(declared, path, columns)
    if not dtype.is_integer():
        raise declared.refused(
            path,
            f"{declared.at(path)!r} is {dtype}; an amount is whole cents. Divide with // and "
            "multiply by integers.",
        )
    return expression.cast(pl.Int64), reads


def _checked(
    declared: Declared, path: Path, columns: Mapping[str, pl.DataType]
) -> tuple[pl.Expr, frozenset[str], pl.DataType]:
    sql = declared.at(path)
    if not isinstance(sql, str) or not sql.strip():
        raise declared.refused(path, f"{path[-1]} must be SQL in quotes. Write a condition.")
    _require_row_only(declared, path, sql)
    try:
        expression = pl.sql_expr(sql)
        reads = frozenset(expression.meta.root_names())
    except pl.exceptions.PolarsError as problem:
        raise declared.refused(path, f"{sql!r} is no SQL: {_first_line(problem)}.") from None
    for name in sorted(reads - set(columns)):
        raise declared.refused(path, f"no column {name!r}.{nearest(name, columns)}")
    try:
        row = pl.DataFrame(schema={name: columns[name] for name in reads})
        dtype = row.select(found=expression).schema["found"]
    except pl.exceptions.PolarsError as problem:
        raise declared.refused(
            path, f"{sql!r} cannot be computed: {_first_line(problem)}."
        ) from None
    return expression, reads, dtype


def _require_row_only(declared: Declared, path: Path, sql: str) -> None:
    """Refuse what reads a clock, other rows or other tables: replay could not repeat it."""
    plain = _TEXT.sub("''", sql)
    if clock := _CLOCK.search(plain):
        raise declared.refused(path, f"{clock[1]!r} reads a clock. Use a declared column.")
    for name in _CALL.findall(plain):
        if name.lower() not in (*FUNCTIONS, *_WORDS_BEFORE_A_BRACKET):
            raise declared.refused(
                path, f"function {name!r} is not allowed here.{nearest(name.lower(), FUNCTIONS)}"
            )


def _first_line(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0].rstrip(".")
