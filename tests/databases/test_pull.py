"""What a pull brings from PostgreSQL: every row once, exact, in one snapshot, or nothing."""

import pytest

from tests.databases.lender import (
    create_tables,
    everything_under,
    files,
    ids,
    insert,
    lines,
    pulled,
    repayment,
)
from transforms.errors import NotYetError, RefusedError


@pytest.fixture
def bank(database):
    create_tables(database)
    database.act("INSERT INTO accounts VALUES ('ana', '2024-03-01', 5000), ('bo', NULL, 800.5)")
    return database


def test_every_value_arrives_as_postgresql_writes_it(bank, tmp_path):
    insert(
        bank,
        "1, 'ana', 'repayment', 900719925474.10, '2026-10-05 08:00:00.123456+08', NULL, "
        "E'a\"b\\n\\\\é', '2026-10-06 00:00+00'",
    )

    pulled(bank, tmp_path)

    assert lines(files(tmp_path)[0]) == [
        {
            "changed_at": "2026-10-06T00:00:00+00:00",
            "id": "1",
            "account": "ana",
            "kind": "repayment",
            "amount": "900719925474.10",
            "at": "2026-10-05T00:00:00.123456+00:00",
            "due": None,
            "loan": 'a"b\n\\é',
        }
    ]


def test_pulling_again_with_nothing_new_writes_no_file(bank, tmp_path):
    insert(bank, repayment(1, "'2026-10-06'"), repayment(2, "'2026-10-07'"))
    first = pulled(bank, tmp_path)
    there = everything_under(tmp_path)

    second = pulled(bank, tmp_path)

    assert (first["ledger"].rows, first["accounts"].rows) == (2, 2)
    assert (second["ledger"].rows, second["accounts"].rows) == (0, 0)
    assert everything_under(tmp_path) == there


def test_a_second_pull_brings_what_is_new_or_changed_and_nothing_else(bank, tmp_path):
    insert(bank, *(repayment(n, "'2026-10-06'") for n in (1, 2, 3)))
    pulled(bank, tmp_path)
    insert(bank, repayment(4, "'2026-10-07'"))
    bank.act("UPDATE ledger SET amount = 1, changed_at = '2026-10-08' WHERE id = 2")

    pulled(bank, tmp_path)

    assert ids(tmp_path) == [["1", "2", "3"], ["4", "2"]]


def test_a_row_committed_late_with_an_older_watermark_is_found_within_the_overlap(bank, tmp_path):
    insert(bank, repayment(1, "'2026-10-06 12:00+00'"))
    pulled(bank, tmp_path)
    insert(bank, repayment(2, "'2026-10-04 12:00:00+00'"))

    pulled(bank, tmp_path)
    pulled(bank, tmp_path)

    assert ids(tmp_path) == [["1"], ["2"]]


def test_a_row_without_a_watermark_or_of_the_future_is_brought_once(bank, tmp_path):
    insert(bank, repayment(1, "'2026-10-06'"))
    pulled(bank, tmp_path)
    odd = ("NULL", "'infinity'", "'-infinity'", "now() + interval '1 year'")
    insert(bank, *(repayment(2 + place, at) for place, at in enumerate(odd)))

    pulled(bank, tmp_path)
    pulled(bank, tmp_path)

    first, second = ids(tmp_path)
    assert (first, sorted(second)) == (["1"], ["2", "3", "4", "5"])
    assert ".to-20261006T000000.000000Z." in files(tmp_path)[1].name


def test_what_changes_between_batches_is_of_the_next_pull(bank, tmp_path):
    bank.act(
        "INSERT INTO ledger SELECT g, 'ana', 'repayment', g, '2026-10-05', NULL, 'l1', "
        "timestamptz '2026-10-06' + g * interval '1 second' FROM generate_series(1, 2000) g"
    )
    before = bank.rows("SELECT count(*), sum(amount)::text FROM ledger")
    told = []

    def change(step):
        told.append(step)
        if told.count("batch") == 2 and step == "batch":
            insert(bank, repayment(3000, "'2026-10-07'"))
            bank.act(
                "UPDATE ledger SET amount = 0, changed_at = '2026-10-07' WHERE id IN (1, 1999)",
                "DELETE FROM ledger WHERE id IN (2, 2000)",
            )

    pulled(bank, tmp_path, batch_bytes=10_000, step=change)
    pulled(bank, tmp_path)

    assert told.count("batch") > 10
    first, second = (lines(file) for file in files(tmp_path))
    assert [(len(first), f"{sum(float(line['amount']) for line in first):.2f}")] == before
    assert sorted(line["id"] for line in second) == ["1", "1999", "3000"]


def test_all_sections_of_a_connection_are_of_one_instant(bank, tmp_path):
    insert(bank, repayment(1, "'2026-10-06'"))

    def open_an_account(step):
        if step == "batch":
            bank.act("INSERT INTO accounts VALUES ('chen', NULL, 1) ON CONFLICT DO NOTHING")

    given = pulled(bank, tmp_path, step=open_an_account)

    assert bank.rows("SELECT count(*) FROM accounts") == [(3,)]
    assert given["accounts"].rows == 2
    assert (
        files(tmp_path)[0].name.split(".at-")[1]
        == (files(tmp_path, "accounts")[0].name.split(".at-")[1])
    )


def test_without_a_watermark_a_change_brings_the_whole_table_again(bank, tmp_path):
    pulled(bank, tmp_path)
    bank.act("UPDATE accounts SET credit_limit = 9 WHERE account = 'bo'")
    pulled(bank, tmp_path)
    bank.act("UPDATE accounts SET credit_limit = 800.5 WHERE account = 'bo'")

    pulled(bank, tmp_path)

    limits = [[line["credit_limit"] for line in lines(f)] for f in files(tmp_path, "accounts")]
    assert [sorted(given) for given in limits] == [["5000", "800.5"], ["5000", "9"]] + [
        ["5000", "800.5"]
    ]


def test_a_connection_lost_in_the_middle_leaves_nothing_and_the_next_try_completes(bank, tmp_path):
    bank.act(
        "INSERT INTO ledger SELECT g, 'ana', 'repayment', g, '2026-10-05', NULL, 'l1', "
        "'2026-10-06' FROM generate_series(1, 50000) g"
    )
    told = []

    def lose(step):
        told.append(step)
        if step == "batch" and told.count("batch") == 2:
            bank.end_other_connections()

    with pytest.raises(NotYetError, match="Connection core_banking: was lost") as lost:
        pulled(bank, tmp_path, batch_bytes=10_000, step=lose)

    assert everything_under(tmp_path) == []
    assert bank.password not in str(lost.value)
    assert pulled(bank, tmp_path)["ledger"].rows == 50_000


def test_a_connection_lost_before_the_last_section_leaves_no_section(bank, tmp_path):
    insert(bank, repayment(1, "'2026-10-06'"))

    with pytest.raises(NotYetError):
        pulled(bank, tmp_path, step=lambda s: s == "batch" and bank.end_other_connections())

    assert everything_under(tmp_path) == []


def test_a_server_that_cannot_be_reached_may_be_tried_again(tmp_path, bank):
    nobody = type(bank)(tmp_path, "bank")

    with pytest.raises(NotYetError, match="Connection core_banking: cannot be opened"):
        pulled(nobody, tmp_path)


def test_a_wrong_password_is_refused_and_never_repeated(bank, tmp_path):
    stranger = type(bank)(bank.socket, bank.name, "s3cret-of-another")

    with pytest.raises(RefusedError, match="password authentication failed") as refused:
        pulled(stranger, tmp_path)

    assert not isinstance(refused.value, NotYetError)
    assert "s3cret" not in str(refused.value)


def test_a_query_can_change_nothing(bank, tmp_path):
    bank.act(
        "CREATE FUNCTION spend() RETURNS text LANGUAGE sql AS "
        "$$ DELETE FROM accounts RETURNING account $$"
    )
    from tests.databases.lender import MAPPING

    spending = MAPPING.replace(
        "SELECT account, opened_on, credit_limit FROM accounts",
        "SELECT spend() AS account, opened_on, credit_limit FROM accounts",
    )

    with pytest.raises(RefusedError, match="read-only transaction"):
        pulled(bank, tmp_path, spending)

    assert bank.rows("SELECT count(*) FROM accounts") == [(2,)]
