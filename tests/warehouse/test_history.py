"""What is known of the months before the log begins."""

import pytest

from tests.warehouse.lakes import AUGUST, SEPTEMBER, commit, stage, stage_events, tiny_lake
from transforms.tables.logs import ACCOUNTS, EVENTS
from warehouse.monthly.history import first_month_told
from warehouse.store.audit import Chain

NO_EVENTS = "event_id | user_id | occurred_at"


@pytest.fixture
def lake(tmp_path):
    return tiny_lake(tmp_path)


def stage_accounts(lake, month):
    tables = {EVENTS: NO_EVENTS, ACCOUNTS: "user_id | segment\nana | consumer"}
    return stage(lake, month, tables, "accounts", kind="facts")


def test_months_of_accounts_alone_tell_nothing_of_what_users_did(lake):
    commit(lake, stage_accounts(lake, AUGUST))
    commit(lake, stage_events(lake, SEPTEMBER))

    assert first_month_told(Chain.read(lake)) == SEPTEMBER


def test_a_month_without_events_after_the_first_is_one_in_which_nothing_happened(lake):
    commit(lake, stage_events(lake, AUGUST))
    commit(lake, stage_accounts(lake, SEPTEMBER))

    assert first_month_told(Chain.read(lake)) == AUGUST


def test_a_lake_without_any_event_is_told_of_from_its_newest_month(lake):
    commit(lake, stage_accounts(lake, AUGUST))
    commit(lake, stage_accounts(lake, SEPTEMBER))

    assert first_month_told(Chain.read(lake)) == SEPTEMBER
