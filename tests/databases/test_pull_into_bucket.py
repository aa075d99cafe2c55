"""Rows of a real database, pulled into a landing that is a bucket, and read from there."""

import shutil

import pytest

from tests.acceptance.worlds import World
from tests.databases.lender import MAPPING, create_tables
from tests.objects.servers import BUCKET
from transforms.errors import NotYetError
from transforms.months import month_of
from warehouse.answers.query import query
from warehouse.monthly.extract import gather_facts, publish_facts, stage_events, stage_facts
from warehouse.monthly.parts import parts_of
from warehouse.settings import settings_from_environment
from warehouse.store.audit import Chain
from warehouse.store.lake import create_lake, open_lake
from warehouse.store.verify import verify


@pytest.fixture
def bank(database):
    create_tables(database)
    database.act(
        "INSERT INTO accounts VALUES ('ana', '2024-03-01', 5000)",
        "INSERT INTO ledger SELECT n, 'ana', 'repayment', n, '2025-08-05', NULL, 'l1', "
        "timestamptz '2025-08-05' + n * interval '1 second' FROM generate_series(1, 500) AS n",
    )
    return database


@pytest.fixture
def home(tmp_path, monkeypatch, s3):
    """Return a folder with sources and copies; lake and landing are prefixes of the bucket."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/bank.toml").write_text(MAPPING)
    for name in ("lake", "landing"):
        url = f"s3://{BUCKET}/{tmp_path.name}/{name}"
        monkeypatch.setenv(f"LIMITWISE_{name.upper()}", url)
    monkeypatch.setenv("LIMITWISE_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("LIMITWISE_POLICIES", str(World.policies))
    monkeypatch.setenv("LIMITWISE_CACHE", str(tmp_path / "cache"))
    for name, value in s3.environment().items():
        monkeypatch.setenv(name, value)
    create_lake(settings_from_environment().lake, buckets=1)
    return tmp_path


def extract(month, bank) -> str:
    staged = stage_events(month, {"core_banking": bank.uri})
    for part in parts_of(staged):
        stage_facts(part)
    return publish_facts(gather_facts(staged), "by hand")


def landed() -> list[str]:
    """Return the sections of which files lie in the bucket, one for each file."""
    return [name.split("/")[2] for name in settings_from_environment().landing.anew().names()]


def stored(month: str) -> tuple[int, int]:
    """Return number and cents of the events of a month."""
    sql = f"SELECT count(*) AS n, sum(amount_cents) AS cents FROM events WHERE month = '{month}'"
    return query(open_lake(settings_from_environment().lake), sql).row(0)


def test_a_pull_lands_in_the_bucket_and_is_read_from_there(home, bank):
    assert extract("2025-08", bank) == "published"

    assert landed() == ["accounts", "ledger"]
    assert stored("2025-08") == (500, 500 * 501 // 2 * 100)
    assert not list(home.rglob("*.jsonl.gz")), "no copy of what was pulled stays on this machine"
    assert verify(open_lake(settings_from_environment().lake)).ok


def test_another_machine_pulls_on_from_where_the_bucket_says_the_last_one_came(home, bank):
    extract("2025-08", bank)
    shutil.rmtree(home / "cache")
    bank.act(
        "INSERT INTO ledger VALUES (501, 'ana', 'repayment', 7, '2025-09-05', NULL, 'l1', "
        "'2025-08-05 00:09:00')"
    )

    assert extract("2025-09", bank) == "published"
    assert extract("2025-09", bank) == "nothing_changed"

    assert landed() == ["accounts", "ledger", "ledger"]
    assert stored("2025-09") == (1, 700)
    chain = Chain.read(open_lake(settings_from_environment().lake))
    (pulled,) = chain.head("facts", month_of("2025-09")).figures["pulls"]
    assert (pulled["section"], pulled["rows"]) == ("ledger", 1)


def test_a_lost_database_leaves_the_bucket_as_it_was(home, bank):
    extract("2025-08", bank)
    before = landed()

    with pytest.raises(NotYetError):
        extract("2025-09", type(bank)(home, "bank"))

    assert landed() == before
