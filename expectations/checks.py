"""Checks: hold Parquet files against what their tables promise, with Great Expectations."""

import time
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from expectations.docs import write_docs
from expectations.duckdb_source import Reader, UnreadableError, first_line, opened
from expectations.gate import Failure, Report, report_of
from expectations.promise import Promise, promise_of
from expectations.rule import REPORT_IT, Files, Rule, Rules
from expectations.suites import promises_of, suite
from transforms.tables.table import Table

FIGURES = "figures"
RULES = "rules"
_RESULT_FORMAT = {"result_format": "SUMMARY", "partial_unexpected_count": 5}


def check_tables(
    tables: Mapping[Table, Sequence[str]],
    rules: Rules | None = None,
    docs_folder: str | None = None,
) -> Report:
    """Hold tables against their declarations and against rules.

    Args:
        tables: By declared table, its Parquet files: of several buckets, and of several months.
            A table without files is a table without rows.
        rules: Hand-written rules with what they read besides; see `events_rules` and its like.
        docs_folder: Gets Data Docs, one page for each table and one for the rules; None for none.

    Returns:
        The report. A file that cannot be read and a promise that cannot be computed are critical
        failures of it, never an exception.
    """
    begun = time.perf_counter()
    rules = rules or Rules()
    with warnings.catch_warnings(), opened() as reader:
        warnings.simplefilter("ignore")
        found, readable = _views(reader, tables, rules)
        suites = {table.name: promises_of(table) for table in tables if table.name in readable}
        chosen, skipped, impossible = _chosen(rules, readable)
        suites[RULES] = [promise_of(rule) for rule in chosen]
        found += impossible
        evaluated = len(found) + sum(map(len, suites.values()))
        results = {name: _validate(reader, name, of) for name, of in suites.items() if of}
        for name, result in results.items():
            found += _failures(reader, suites[name], result)
        kept = _kept(reader, rules)
    report = report_of(
        found,
        evaluated=evaluated,
        not_evaluated=skipped,
        seconds=time.perf_counter() - begun,
        kept=kept,
    )
    if docs_folder is not None:
        write_docs(docs_folder, report, results)
    return report


def _views(
    reader: Reader, tables: Mapping[Table, Sequence[str]], rules: Rules
) -> tuple[list[Failure], set[str]]:
    """Make every table and figure readable; return what cannot be read, and names that can."""
    files = {name: given for name, given in rules.given.items() if isinstance(given, Files)}
    files |= {table.name: Files(table, tuple(paths)) for table, paths in tables.items()}
    failures, readable = [], set()
    for table in tables:
        reader.declared(table)
    for name, given in rules.given.items():
        if name not in files and given is not None:
            readable.add(name)
            if isinstance(given, pl.DataFrame):
                reader.frame(name, given)
    reader.frame(FIGURES, rules.figures)
    for name, of in files.items():
        try:
            reader.view(name, of.table, of.paths)
            readable.add(name)
        except UnreadableError as problem:
            failures.append(_unreadable(name, of.table, problem))
    for name, sql in rules.prepared.items():
        try:
            reader.prepare(name, sql)
            readable.add(name)
        except Exception as problem:
            failures.append(_unprepared(name, problem))
    return failures, readable


def _unprepared(name: str, problem: Exception) -> Failure:
    message = f"Table {name}: cannot be counted: {first_line(problem)}. {REPORT_IT}"
    return Failure(table=name, expectation="prepared", count=None, message=message)


def _kept(reader: Reader, rules: Rules) -> dict[str, list[tuple]]:
    """Return the figures that later months are compared with; none if they cannot be had."""
    try:
        return {name: reader.rows(sql) for name, sql in rules.kept.items()}
    except Exception:
        return {}


def _unreadable(name: str, table: Table, problem: UnreadableError) -> Failure:
    message = (
        f"Table {name}: cannot be read as it was written: {problem}. Run `limitwise verify`; if "
        "the file belongs to a published month, restore it from a backup, else run the month again."
    )
    return Failure(table=name, expectation="readable", count=None, message=message)


def _chosen(rules: Rules, readable: set[str]) -> tuple[list[Rule], dict[str, str], list[Failure]]:
    """Return rules that can be asked, what others wait for, and rules that lack what they need."""
    chosen: list[Rule] = []
    skipped: dict[str, str] = {}
    impossible: list[Failure] = []
    for rule in rules.rows:
        absent = [name for name in rule.reads if name not in readable]
        if not absent:
            chosen.append(rule)
        elif waits := rules.missing(rule):
            skipped[rule.name] = f"{', '.join(waits)} does not exist yet"
        else:
            impossible.append(_not_computed(rule, absent))
    return chosen, skipped, impossible


def _not_computed(rule: Rule, absent: list[str]) -> Failure:
    message = (
        f"Table {rule.table}: {rule.name} could not be computed: {', '.join(absent)} cannot be "
        f"read. {REPORT_IT}"
    )
    return Failure(table=rule.table, expectation=rule.name, count=None, message=message)


def _validate(reader: Reader, name: str, promises: Sequence[Promise]) -> Any:
    """Return what Great Expectations finds; examples of wrong values only if there are any."""
    batch, stated = reader.batch(FIGURES if name == RULES else name), suite(name, promises)
    with reader.without_examples():
        result = batch.validate(stated, result_format=_RESULT_FORMAT)
    if result.success:
        return result
    return batch.validate(stated, result_format=_RESULT_FORMAT)


def _failures(reader: Reader, promises: Sequence[Promise], result: Any) -> list[Failure]:
    """Return what Great Expectations found broken, in the order of the promises."""
    by_key = {r.expectation_config.meta["promise"]: r for r in result.results}
    return [
        failure
        for promise in promises
        if promise.key not in by_key or by_key[promise.key].success is not True
        for failure in promise.failures(reader, _exception(by_key.get(promise.key)))
    ]


def _exception(result: Any) -> str | None:
    """Return why a promise could not be computed; None if it could."""
    if result is None:
        return "Great Expectations gave no result"
    info = result.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    for one in raised:
        if one.get("raised_exception"):
            return first_line(one.get("exception_message") or "it failed")
    return None
