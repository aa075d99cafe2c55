"""A table that is no longer what the mapping declares: which of the three, and nothing written."""

import pytest

from tests.databases.lender import (
    MAPPING,
    create_tables,
    everything_under,
    insert,
    pulled,
    repayment,
)
from transforms.errors import RefusedError


@pytest.fixture
def bank(database):
    create_tables(database)
    insert(database, repayment(1, "'2026-10-06'"))
    return database


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("DROP COLUMN due", "column due is gone (declared date)"),
        (
            "ALTER COLUMN amount TYPE bigint",
            "type of column amount changed (declared numeric, found bigint)",
        ),
        (
            "ALTER COLUMN at TYPE timestamp",
            "type of column at changed (declared timestamp with time zone, found timestamp without "
            "time zone)",
        ),
        ("ADD COLUMN branch varchar(9)", "column branch is new (found character varying)"),
        (
            "RENAME COLUMN loan TO contract",
            "column loan is gone (declared text); column contract is new (found text)",
        ),
    ],
)
def test_a_changed_schema_stops_before_anything_is_written(bank, tmp_path, change, found):
    bank.act(f"ALTER TABLE ledger {change}")

    with pytest.raises(RefusedError) as refused:
        pulled(bank, tmp_path)

    assert str(refused.value) == (
        f"sources/bank.toml, query ledger, connection core_banking: {found}. Look at what the "
        "change means, then correct columns and the templates, or the sql; nothing was written."
    )
    assert everything_under(tmp_path) == []


def test_the_schema_of_every_section_is_checked_before_any_is_read(bank, tmp_path):
    bank.act("ALTER TABLE accounts ADD COLUMN phone text")
    wider = MAPPING.replace("SELECT account, opened_on, credit_limit FROM", "SELECT * FROM")
    told = []

    with pytest.raises(RefusedError, match="query accounts, .*column phone is new"):
        pulled(bank, tmp_path, wider, step=told.append)

    assert "batch" not in told


def test_a_column_that_the_query_does_not_select_may_come_and_go(bank, tmp_path):
    bank.act("INSERT INTO accounts VALUES ('ana')", "ALTER TABLE accounts ADD COLUMN phone text")

    assert pulled(bank, tmp_path)["accounts"].rows == 1


def test_a_type_may_be_declared_by_any_name_that_postgresql_knows(bank, tmp_path):
    same = MAPPING.replace('"bigint"', '"int8"').replace(
        '"timestamptz"', '"timestamp with time zone"'
    )

    assert pulled(bank, tmp_path, same)["ledger"].rows == 1


def test_a_type_that_postgresql_does_not_know_is_named(bank, tmp_path):
    with pytest.raises(RefusedError, match="type 'bigit' of column id is none of PostgreSQL's"):
        pulled(bank, tmp_path, MAPPING.replace('"bigint"', '"bigit"'))


def test_a_watermark_must_be_a_time(bank, tmp_path):
    with pytest.raises(RefusedError, match="watermark id is of type bigint, which is no time"):
        pulled(bank, tmp_path, MAPPING.replace('watermark = "changed_at"', 'watermark = "id"'))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nope FROM ledger", 'column "nope" does not exist'),
        ("SELEC 1", "syntax error"),
        (
            "SELECT account, opened_on, 1 / (credit_limit - 5) AS credit_limit FROM accounts",
            "division by zero",
        ),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
    ],
)
def test_a_query_that_the_database_refuses_says_why(bank, tmp_path, sql, said):
    bank.act("INSERT INTO accounts VALUES ('ana', NULL, 5)")
    wrong = MAPPING.replace("SELECT account, opened_on, credit_limit FROM accounts", sql)

    with pytest.raises(RefusedError, match="Connection core_banking: refused the query") as refused:
        pulled(bank, tmp_path, wrong)

    assert said in str(refused.value)


def test_two_columns_of_one_name_are_refused(bank, tmp_path):
    twice = MAPPING.replace("credit_limit FROM", "credit_limit, 1 AS account FROM")

    with pytest.raises(RefusedError, match="the query gives two columns 'account'"):
        pulled(bank, tmp_path, twice)
