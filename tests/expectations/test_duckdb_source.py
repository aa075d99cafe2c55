"""What we lean on inside Great Expectations is still there, and it keeps quiet."""

import logging
from contextlib import nullcontext

import pytest

from expectations.checks import check_tables
from expectations.duckdb_source import _classes, imported, opened
from expectations.rule import Rule, Rules
from tests.expectations.test_checks import CAPS, GOOD
from tests.expectations.worlds import written


def test_the_pinned_version_is_the_one_that_was_read():
    assert imported().__version__.startswith("1.24.")


def test_what_we_override_is_still_what_the_engine_calls():
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    engine, source = _classes()

    assert callable(SqlAlchemyExecutionEngine.get_connection)
    assert engine.get_connection is not SqlAlchemyExecutionEngine.get_connection
    assert callable(SqlAlchemyExecutionEngine.resolve_metrics)
    for name in ("get_engine", "get_execution_engine"):
        assert callable(getattr(SQLDatasource, name))
        assert getattr(source, name) is not getattr(SQLDatasource, name)


def test_an_answer_is_read_after_the_engine_let_go_of_the_connection(tmp_path):
    path = written(tmp_path, "caps", GOOD)

    with opened() as reader:
        reader.view("caps", CAPS, (path,))
        engine = reader.batch("caps").data.execution_engine
        import sqlalchemy

        cursor = engine.execute_query(sqlalchemy.text("SELECT user_id FROM caps ORDER BY 1"))
        rows = [tuple(row) for row in cursor.fetchall()]

    assert rows == [("ana",), ("bo",)]


def test_severity_is_only_a_label_to_great_expectations(tmp_path):
    import great_expectations

    gxe = great_expectations.expectations
    slight = gxe.ExpectColumnValuesToBeBetween(column="cap_cents", max_value=1, severity="info")
    with opened() as reader:
        reader.view("caps", CAPS, (written(tmp_path, "caps", GOOD),))
        suite = great_expectations.ExpectationSuite(name="caps", expectations=[slight])
        result = reader.batch("caps").validate(suite)

    assert result.success is False  # which is why the gate reads our own severity


def held(path, most_cents: int, *, examples: bool) -> dict:
    """Return what is found of a cap at most so high, with examples of higher ones or without."""
    import great_expectations

    cap = {"column": "cap_cents", "max_value": most_cents}
    stated = great_expectations.expectations.ExpectColumnValuesToBeBetween(**cap)
    suite = great_expectations.ExpectationSuite(name="caps", expectations=[stated])
    form = {"result_format": "SUMMARY", "partial_unexpected_count": 5}
    with opened() as reader:
        reader.view("caps", CAPS, (path,))
        batch = reader.batch("caps")
        with nullcontext() if examples else reader.without_examples():
            (result,) = batch.validate(suite, result_format=form).results
    return result.to_json_dict()["result"]


def test_where_nothing_is_wrong_the_result_without_examples_is_the_one_with_them(tmp_path):
    path = written(tmp_path, "caps", GOOD)

    assert held(path, 200, examples=False) == held(path, 200, examples=True)


def test_what_is_wrong_is_counted_without_examples_too(tmp_path):
    path = written(tmp_path, "caps", GOOD)

    counted, shown = (held(path, 150, examples=examples) for examples in (False, True))

    assert counted["unexpected_count"] == shown["unexpected_count"] == 1
    assert (counted["partial_unexpected_list"], shown["partial_unexpected_list"]) == ([], [200])


@pytest.mark.filterwarnings("error")
def test_a_validation_prints_and_logs_nothing(tmp_path, capfd, caplog):
    caplog.set_level(logging.WARNING)
    path = written(tmp_path, "caps", GOOD)
    wrong = Rule(
        name="wrong",
        table="caps",
        reads=("caps",),
        sql="SELECT nothing AS item FROM caps",
        meaning="Nothing.",
        broken="nothings",
    )

    report = check_tables({CAPS: [path]}, Rules((wrong,)), str(tmp_path / "docs"))

    assert len(report.critical) == 1
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


def test_nothing_is_left_open(tmp_path):
    with opened() as reader:
        connection = reader.connection

    assert connection.closed
