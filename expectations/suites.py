"""Suites: what a table promises by its declaration, as Great Expectations knows it."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from expectations.duckdb_source import DECLARED, Reader
from expectations.promise import Finding, Promise, promise_of, remedy_for
from expectations.rule import Rule
from transforms.tables.table import Column, Table

_SHOWN = 5


def promises_of(table: Table) -> list[Promise]:
    """Return every promise that the declaration of a table makes, in the order of its columns."""
    promises = [_columns(table), promise_of(_types(table)), _key(table)]
    if any(column.dtype.is_float() for column in table.columns):
        promises.append(promise_of(_finite(table)))
    for column in table.columns:
        promises += _of_column(table, column)
    return promises


def suite_for(table: Table) -> Any:
    """Return the suite of a table: an `ExpectationSuite` of all its promises, without ids."""
    return suite(table.name, promises_of(table))


def suite(name: str, promises: Sequence[Promise]) -> Any:
    """Return an `ExpectationSuite` of promises."""
    import great_expectations

    return great_expectations.ExpectationSuite(
        name=name, expectations=[promise.expectation() for promise in promises]
    )


def _columns(table: Table) -> Promise:
    names = table.schema.names()

    def finding(reader: Reader) -> Finding:
        stored = [name for name, *_ in reader.rows(f"DESCRIBE {table.name}")]
        missing = [name for name in names if name not in stored]
        strange = [name for name in stored if name not in names]
        wrong = [f"{_some(missing)} missing"] if missing else []
        wrong += [f"{_some(strange)} not declared"] if strange else []
        text = "; ".join(wrong) or f"the declared ones, in another order: {_some(stored)}"
        return Finding(count=len(missing) + len(strange) or 1, text=f"columns: {text}")

    return Promise(
        table=table.name,
        name="columns",
        meaning=f"Columns are the {len(names)} declared ones, in their order.",
        remedy=remedy_for(table),
        type="expect_table_columns_to_match_ordered_list",
        arguments={"column_list": names},
        finding=finding,
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _types(table: Table) -> Rule:
    shape = "SELECT column_name, column_type FROM (DESCRIBE {})"
    stored, declared = shape.format(table.name), shape.format(DECLARED + table.name)
    return Rule(
        name="types",
        table=table.name,
        reads=(),
        sql=f"""
            SELECT stored.column_name || ' is ' || stored.column_type || ', declared '
                || declared.column_type AS item, NULL::BIGINT AS found, NULL::BIGINT AS expected
            FROM ({stored}) AS stored JOIN ({declared}) AS declared USING (column_name)
            WHERE stored.column_type <> declared.column_type
        """,
        meaning="Columns are stored with their declared types.",
        broken="columns of another type than declared",
        remedy=remedy_for(table),
    )


def _key(table: Table) -> Promise:
    dated = any(column.name == "as_of" for column in table.columns)
    key = list(dict.fromkeys((*(("as_of",) if dated else ()), *table.key)))
    listed = ", ".join(key)

    def finding(reader: Reader) -> Finding:
        columns = ", ".join(f'"{name}"' for name in key)
        shared = f"SELECT {columns}, count(*) AS n FROM {table.name} GROUP BY ALL HAVING n > 1"
        groups, rows = reader.rows(f"SELECT count(*), sum(n) FROM ({shared})")[0]
        first = reader.rows(f"SELECT {columns} FROM ({shared}) ORDER BY ALL LIMIT 1")[0]
        shown = ", ".join(map(str, first))
        text = f"{rows:,} rows share {groups:,} values of {listed}, the first {shown}"
        return Finding(count=rows, observed=shown, text=text)

    return Promise(
        table=table.name,
        name="key",
        meaning=f"No two rows share {listed}.",
        remedy=remedy_for(table),
        type="expect_compound_columns_to_be_unique"
        if len(key) > 1
        else "expect_column_values_to_be_unique",
        arguments={"column_list": key} if len(key) > 1 else {"column": key[0]},
        finding=finding,
    )


def _finite(table: Table) -> Rule:
    floats = [column.name for column in table.columns if column.dtype.is_float()]
    strange = 'count(*) FILTER (NOT isfinite("{}")) AS found'
    counted = " UNION ALL ".join(
        f"SELECT '{name}' AS item, {strange.format(name)}, 0 AS expected FROM {table.name}"
        for name in floats
    )
    return Rule(
        name="finite",
        table=table.name,
        reads=(),
        sql=f"SELECT * FROM ({counted}) WHERE found > 0",
        meaning="Ratios are numbers: none is infinite, none is NaN.",
        broken="columns with values that are no numbers",
        unit="rows",
        remedy=remedy_for(table),
    )


def _of_column(table: Table, column: Column) -> Iterator[Promise]:
    about = {"table": table.name, "column": column.name, "remedy": remedy_for(table)}
    if column.required:
        yield Promise(
            **about,
            name="not_null",
            meaning=f"{column.name} is never null.",
            type="expect_column_values_to_not_be_null",
            arguments={"column": column.name},
            finding=partial(_nulls, table, column),
        )
    if column.lowest is not None or column.highest is not None:
        yield Promise(
            **about,
            name="range",
            meaning=f"{column.name} lies {_within(column)}.",
            type="expect_column_values_to_be_between",
            arguments={
                "column": column.name,
                "min_value": column.lowest,
                "max_value": column.highest,
            },
            finding=partial(_outside, table, column),
        )
    if column.values is not None:
        yield Promise(
            **about,
            name="values",
            meaning=f"{column.name} is one of its {len(column.values)} declared values.",
            type="expect_column_values_to_be_in_set",
            arguments={"column": column.name, "value_set": list(column.values)},
            finding=partial(_strange, table, column),
        )


def _within(column: Column) -> str:
    if column.highest is None:
        return f"at or above {column.lowest:,}"
    if column.lowest is None:
        return f"at or below {column.highest:,}"
    return f"between {column.lowest:,} and {column.highest:,}"


def _nulls(table: Table, column: Column, reader: Reader) -> Finding:
    sql = f"SELECT count(*) FROM {table.name} WHERE {_quoted(column)} IS NULL"
    count = reader.rows(sql)[0][0]
    return Finding(count=count, text=f"{count:,} rows are null")


def _outside(table: Table, column: Column, reader: Reader) -> Finding:
    found: list[tuple[int, str, str]] = []
    for bound, beyond, worst, said in (
        (column.lowest, "<", "min", "below {}, least"),
        (column.highest, ">", "max", "above {}, most"),
    ):
        if bound is None:
            continue
        outside = f"{_quoted(column)} {beyond} {bound}"
        count, most = reader.rows(
            f"SELECT count(*), {worst}({_quoted(column)}) FROM {table.name} WHERE {outside}"
        )[0]
        if count:
            text = f"{count:,} rows {said.format(f'{bound:,}')} {most:,} {column.unit}".rstrip()
            found.append((count, f"{most:,} {column.unit}".rstrip(), text))
    return Finding(
        count=sum(count for count, *_ in found),
        observed=found[0][1],
        text=" and ".join(text for *_, text in found),
    )


def _strange(table: Table, column: Column, reader: Reader) -> Finding:
    allowed = ", ".join(f"'{value}'" for value in column.values or ())
    found = reader.rows(
        f"SELECT {_quoted(column)}, count(*) FROM {table.name} "
        f"WHERE {_quoted(column)} NOT IN ({allowed}) GROUP BY ALL ORDER BY ALL"
    )
    count = sum(rows for _, rows in found)
    shown = ", ".join(repr(value) for value, _ in found[:_SHOWN])
    return Finding(
        count=count, observed=shown, text=f"{count:,} rows outside the declared values: {shown}"
    )


def _quoted(column: Column) -> str:
    return f'"{column.name}"'
