"""Who asks for a limit that is not there is told what is true of the account, and since when."""

import pytest

from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    commit,
    stage,
    tiny_lake,
)
from transforms.errors import RefusedError
from transforms.tables.decided import LIMITS
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS
from transforms.tables.logs import ACCOUNTS
from warehouse.answers.explain import explain

SCORES = "`limitwise query \"SELECT * FROM scores WHERE user_id = 'bo'\"` has what is known."


def asked(tmp_path, accounts="", credit="", before="", user="bo") -> str:
    """Return the answer for bo in September, when only ana has a limit.

    Args:
        accounts: Rows of August, September and October: `user_id | opened_on | applied_on`.
        credit: Rows of both: `user_id | closed`.
        before: Rows of August's limits: `user_id | action | line_status`.
    """
    lake = tiny_lake(tmp_path)
    ana = "ana | 2026-01-01 | -"
    for month, rows in zip((AUGUST, SEPTEMBER, OCTOBER), accounts or ("", "", ""), strict=True):
        tables = {
            ACCOUNTS: f"user_id | opened_on | applied_on\n{ana}\n{rows}",
            CREDIT_MONTHS: f"user_id | closed\nana | no\n{credit}",
            ACTIVITY: "user_id | event_count\ndai | 7",
        }
        commit(lake, stage(lake, month, tables, "facts", kind="facts"))
    header = "user_id | action | line_status\nana | hold | open\n"
    for month, rows in ((AUGUST, before), (SEPTEMBER, "")):
        commit(lake, stage(lake, month, {LIMITS: header + rows}, "limits", kind="limits"))
    with pytest.raises(RefusedError) as refused:
        explain(lake, user, "2026-09", "en")
    return str(refused.value)


def always(row: str) -> tuple[str, str, str]:
    return row, row, row


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("bo | - | -", "it never had a limit and asked for none, so nothing is decided"),
        ("bo | 2026-10-05 | -", "the line opens on 2026-10-05, after the month's end"),
        ("bo | - | 2026-10-05", "a line was asked for on 2026-10-05, after the month's end"),
        ("bo | - | 2025-08-31", "the application of 2025-08-31 lapsed after 12 months without a"),
    ],
)
def test_a_known_account_is_told_since_when_and_why_nothing_is_decided(tmp_path, row, why):
    told = asked(tmp_path, always(row))

    assert told.startswith(
        f"User 'bo': no limit in 2026-09. The account is known since 2026-08; {why}"
    )
    assert told.endswith(SCORES)


def test_a_line_that_the_lender_closed_is_told_with_its_month(tmp_path):
    told = asked(tmp_path, always("bo | 2026-01-01 | -"), credit="bo | yes")

    assert "the line is closed, as of 2026-08, and nothing is owed." in told


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("bo | close | closed", "the line was closed in 2026-08, and nothing is owed"),
        ("bo | decline | closed", "the application was declined in 2026-08, and there is none"),
    ],
)
def test_what_became_of_an_earlier_limit_is_told(tmp_path, before, why):
    assert why in asked(tmp_path, always("bo | - | 2026-07-01"), before=before)


def test_an_account_that_came_later_is_told_from_when(tmp_path):
    told = asked(tmp_path, ("", "", "bo | - | -"))

    assert told == (
        "User 'bo': no limit in 2026-09. The account is known only since 2026-10. Ask for that "
        "month or later."
    )


def test_events_without_an_account_are_told(tmp_path):
    told = asked(tmp_path, user="dai")

    assert "There are events of this user, the first in 2026-08, and no account" in told


def test_nobody_is_checked_for_the_spelling(tmp_path):
    told = asked(tmp_path, user="boo")

    assert told == (
        "User 'boo': no limit in 2026-09. The lake has neither account nor event of this user up "
        "to 2026-10. Check the spelling."
    )
