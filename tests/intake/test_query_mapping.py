"""How a query section is declared, and how a wrong one is answered."""

import pytest

from tests.databases.lender import MAPPING, source
from tests.intake.landing_folder import HEAD, load, put
from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.mapping.source import source_of


def test_a_query_section_is_a_section_of_the_source_whose_files_it_makes():
    ledger, accounts = source().files

    assert ledger.pattern.text == "pulled/bank/ledger/*.jsonl"
    assert (ledger.query.sql, ledger.query.overlap_hours) == ("SELECT * FROM ledger", 48)
    assert accounts.pattern.names == "month", "an account without known_on is of the month asked"
    assert (accounts.query.watermark, accounts.every) == (None, "pull")


@pytest.mark.parametrize(
    ("written", "instead", "said"),
    [
        ('watermark = "changed_at"', 'watermark = "changed"', "line 11: .*mean 'changed_at'"),
        ('user_id = "account"', 'user_id = "acount"', "'acount' is none of the columns. Did you"),
        ("overlap_hours = 48", "overlap_hours = 1.5", "Write hours from 0 to 10,000"),
        ('table = "ledger"', 'table = "ledger; DROP"', "is not a plain table name"),
        ('table = "ledger"', "", "needs sql or table, and not both"),
        ('table = "ledger"', 'table = "l"\nsql = "SELECT 1"', "needs sql or table, and not both"),
        ('connection = "core_banking"', 'connection = "a/b"', "Write letters, digits"),
        ('name = "accounts"', 'name = "ledger"', "a second query 'ledger'"),
        ('watermark = "changed_at"\n', "", "overlap_hours without watermark"),
        ("columns =", "colums =", "unknown key 'colums' in query 'ledger'. Did you mean 'columns'"),
        ('"bigint"', "8", "type of id is 8. Write PostgreSQL's name of it"),
    ],
)
def test_a_wrong_query_section_names_the_key(written, instead, said):
    with pytest.raises(RefusedError, match=said):
        source(MAPPING.replace(written, instead, 1))


LEDGER = f"""{HEAD}
[[query]]
name = "ledger"
connection = "core_banking"
table = "ledger"
columns = {{ id = "bigint", loan = "text", at = "timestamptz", changed_at = "timestamptz" }}

  [[query.event]]
  event_id = "id"
  user_id = {{ column = "loan", codes = {{ file = "loans", key = "loan", value = "user" }} }}
  occurred_at = "at"
  event_type = {{ is = "login" }}

  [[query.expect]]
  what = "clocks"
  clock = "at"
  against = "changed_at"

[[file]]
name = "loans"
path = "loans.csv"
format = "csv"
every = "once"
"""


def test_rows_of_a_query_are_looked_up_in_a_file_and_their_clocks_held_together(tmp_path):
    put(tmp_path, "loans.csv", "loan,user\nl1,ana\n")
    row = '{"id":1,"loan":"l1","at":"2026-10-05T08:00:00Z","changed_at":"2026-10-05T08:01:00Z"}\n'

    figures, tables = load(tmp_path, "pulled/shop/ledger/1.jsonl", row, LEDGER)

    assert tables["events"]["user_id"].to_list() == ["ana"]
    assert figures.clocks[0].to_plain()["median_seconds"] == -60


def test_nothing_is_looked_up_in_a_query():
    wrong = LEDGER.replace('file = "loans"', 'file = "ledger"')

    with pytest.raises(RefusedError) as refused:
        source_of(Declared(wrong, "sources/shop.toml"), "shop")

    assert "line 14: 'ledger' is a [[query]], and codes look up in a [[file]]. Let" in str(
        refused.value
    )


def test_accounts_beside_events_need_the_day_they_are_known_on():
    both = MAPPING.replace(
        "[[query.event]]",
        '[[query.account]]\n  user_id = "account"\n  borrower_id = "account"\n'
        '  product = { is = "p" }\n  segment = { is = "consumer" }\n\n  [[query.event]]',
        1,
    )

    with pytest.raises(
        RefusedError, match="an account of query 'ledger' lacks known_on, and the query"
    ):
        source(both)


def test_a_source_that_reads_nothing_is_refused():
    with pytest.raises(RefusedError, match="the source reads nothing. Add .*file.* or .*query"):
        source(MAPPING[: MAPPING.index("[[query]]")])
