"""Pulled rows on their way into the lake: changed ones, later ones, and what is remembered."""

import polars as pl
import pytest

from tests.acceptance.worlds import World
from tests.databases.lender import MAPPING, create_tables, everything_under, files
from transforms.errors import NotYetError, RefusedError
from warehouse.monthly.extract import (
    connections_needed,
    gather_facts,
    publish_facts,
    stage_events,
    stage_facts,
)
from warehouse.monthly.parts import parts_of
from warehouse.store.audit import Chain
from warehouse.store.lake import create_lake, open_lake


@pytest.fixture
def bank(database):
    create_tables(database)
    early, late = "'2025-08-05 10:00+08'", "'2025-09-05 10:00+08'"
    database.act(
        "INSERT INTO accounts VALUES ('ana', '2024-03-01', 5000)",
        f"INSERT INTO ledger VALUES (1, 'ana', 'repayment', 1.5, {early}, NULL, 'l1', {early})",
        f"INSERT INTO ledger VALUES (2, 'ana', 'repayment', 2.5, {late}, NULL, 'l1', {late})",
    )
    return database


@pytest.fixture
def lender(tmp_path, monkeypatch):
    """Return a folder with sources, landing and a lake that the settings point at."""
    (tmp_path / "landing").mkdir()
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/bank.toml").write_text(MAPPING)
    for name in ("sources", "landing", "lake"):
        monkeypatch.setenv(f"LIMITWISE_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("LIMITWISE_POLICIES", str(World.policies))
    create_lake(tmp_path / "lake", buckets=1)
    return tmp_path


def extract(month, bank) -> str:
    (part,) = parts_of(stage_events(month, {"core_banking": bank.uri}))
    return publish_facts(gather_facts(stage_facts(part)), "by hand")


def stored(lender, table: str, month: str) -> pl.DataFrame:
    chain = Chain.read(open_lake(lender / "lake"))
    (day,) = [day for day in chain.months(table) if f"{day:%Y-%m}" == month]
    return pl.read_parquet(chain.paths(table, day), hive_partitioning=False)


def entry(lender):
    return Chain.read(open_lake(lender / "lake")).entries[-1]


def test_the_mappings_say_which_connections_are_needed(lender):
    assert connections_needed() == ["core_banking"]


def test_an_extraction_pulls_first_and_files_the_rows_under_their_own_months(lender, bank):
    assert extract("2025-08", bank) == "published"
    assert extract("2025-09", bank) == "published"

    assert len(files(lender / "landing")) == 1, "what waited was pulled already"
    for month, cents in (("2025-08", 150), ("2025-09", 250)):
        assert stored(lender, "events", month)["amount_cents"].to_list() == [cents]
    assert stored(lender, "accounts", "2025-09")["source_limit_cents"].to_list() == [500_000]


def test_a_row_changed_in_the_database_replaces_the_earlier_one_as_the_source_declares(
    lender, bank
):
    extract("2025-09", bank)
    bank.act("UPDATE ledger SET amount = 9, changed_at = '2025-10-01' WHERE id = 2")

    assert extract("2025-09", bank) == "published"

    assert stored(lender, "events", "2025-09")["amount_cents"].to_list() == [900]
    sums = [[r[name] for name in ("lines", "loaded", "quarantined")] for r in entry(lender).intake]
    assert all(lines == loaded + quarantined for lines, loaded, quarantined in sums)


def test_the_audit_entry_says_what_was_pulled_and_from_when_to_when(lender, bank):
    extract("2025-09", bank)
    bank.act(
        "INSERT INTO ledger VALUES (3, 'bo', 'repayment', 1, '2025-09-09', NULL, 'l', '2025-09-09')"
    )

    extract("2025-09", bank)

    (ledger,) = entry(lender).figures["pulls"]
    assert ledger.pop("snapshot_at") > "2025-09-09"
    assert ledger == {
        "source": "bank",
        "section": "ledger",
        "connection": "core_banking",
        "rows": 1,
        "watermark_from": "2025-09-03T02:00:00.000000Z",
        "watermark_to": "2025-09-09T00:00:00.000000Z",
    }


def test_extracting_again_with_nothing_new_changes_nothing(lender, bank):
    extract("2025-09", bank)
    before = everything_under(lender / "landing")

    assert extract("2025-09", bank) == "nothing_changed"

    assert everything_under(lender / "landing") == before


def test_an_account_known_later_than_the_month_waits_for_its_own(lender, bank):
    known = MAPPING.replace("product = { is", 'known_on = "opened_on"\n  product = { is')
    (lender / "sources/bank.toml").write_text(known)
    bank.act("INSERT INTO accounts VALUES ('bo', '2025-09-20', 100)")

    extract("2025-08", bank)
    extract("2025-09", bank)

    assert stored(lender, "accounts", "2025-08")["user_id"].to_list() == ["ana"]
    assert stored(lender, "accounts", "2025-09")["user_id"].sort().to_list() == ["ana", "bo"]


def test_a_lost_database_leaves_lake_and_landing_as_they_were(lender, bank):
    extract("2025-08", bank)
    before = everything_under(lender)
    nobody = type(bank)(lender, "bank")

    with pytest.raises(NotYetError):
        extract("2025-09", nobody)

    assert everything_under(lender) == before


def test_a_connection_that_is_not_given_is_named(lender):
    with pytest.raises(RefusedError, match="Connection core_banking of source bank: not given"):
        stage_events("2025-09")


def test_a_file_among_the_pulled_ones_that_no_pull_wrote_is_refused(lender, bank):
    (lender / "landing/pulled/bank/ledger").mkdir(parents=True)
    (lender / "landing/pulled/bank/ledger/mine.jsonl").write_text("")

    with pytest.raises(RefusedError, match="its name is not one that a pull gives"):
        extract("2025-09", bank)
