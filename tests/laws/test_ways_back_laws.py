"""Laws of ways back: a promised date is the first free one, and what is free then stays so."""

from datetime import date

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deciding import SEPTEMBER, policy
from tests.known import known, scored
from transforms.months import last_day, months_after
from transforms.plans.rows_ahead import MONTHS_AHEAD, rows_ahead
from transforms.telling.levels import free_after
from transforms.telling.ways_back import user_of

RULES = {
    guard.name: [guard]
    for guard in policy().guards
    if guard.name
    in ("late_in_3_months", "past_due_30_in_12_months", "raised_recently", "raised_twice")
}
READS = frozenset().union(*(guard.reads for (guard,) in RULES.values()))
# Of a month: whether a due was paid late, most days past due, whether the limit was raised in it.
MONTH = st.tuples(st.booleans(), st.sampled_from([0, 3, 29, 30, 45]), st.booleans())
YEAR = st.lists(MONTH, min_size=13, max_size=13)  # September first


def lived(users: list[list[tuple]]) -> tuple[str, str, str]:
    """Write accounts, credit and limits of the users."""
    accounts = ["as_of | user_id | opened_on | segment"]
    credit = ["as_of | user_id | credit_from | balance_end_cents | paid_late_count | dpd_max_days"]
    limits = ["as_of | user_id | mode | action | line_status | limit_before_cents | limit_cents"]
    for place, months in enumerate(users):
        name = f"u{place:03d}"
        accounts.append(f"2026-09-30 | {name} | 2024-01-15 | consumer")
        for ago, (late, days, raised) in enumerate(months):
            as_of, action = last_day(months_after(SEPTEMBER, -ago)), "raise" if raised else "hold"
            credit.append(f"{as_of} | {name} | ledger | 400_000 | {int(late)} | {days}")
            limits.append(f"{as_of} | {name} | live | {action} | open | 1_000_000 | 1_000_000")
    return "\n".join(accounts), "\n".join(credit), "\n".join(limits)


def left_after(ago: list[int], window: int, fewer_than: int = 1) -> int:
    """Return after how many months fewer of what happened `ago` months back lie in a window."""
    return next(
        ahead
        for ahead in range(1, MONTHS_AHEAD + 1)
        if sum(back + ahead < window for back in ago) < fewer_than
    )


def promised(months: list[tuple]) -> dict[str, int]:
    """Count on the fingers when each rule is free."""
    late = [ago for ago, (is_late, _, _) in enumerate(months) if is_late]
    long = [ago for ago, (_, days, _) in enumerate(months) if days >= 30]
    raised = [ago for ago, (_, _, is_raised) in enumerate(months) if is_raised]
    return {
        "late_in_3_months": left_after(late, 3),
        "past_due_30_in_12_months": left_after(long, 12),
        "raised_recently": left_after(raised, 3),
        "raised_twice": left_after(raised, 13, fewer_than=2),
    }


@settings(max_examples=2, deadline=None)
@given(st.lists(YEAR, min_size=20, max_size=40))
def test_the_promised_date_is_the_first_on_which_the_window_is_empty_and_it_stays_empty(users):
    accounts, credit, limits = lived(users)
    what = known(accounts=accounts, credit=credit, limits=limits)
    of_all = pl.concat(
        scored().with_columns(user_id=pl.lit(f"u{place:03d}")) for place in range(len(users))
    )

    rows = list(rows_ahead(user_of(what), what, of_all, READS))
    found = {(user, code): ahead for user, code, ahead in free_after(rows, RULES).iter_rows()}

    expected = {
        (f"u{place:03d}", code): ahead
        for place, months in enumerate(users)
        for code, ahead in promised(months).items()
    }
    assert found == expected
    for ahead, month in enumerate(rows, start=1):
        for code, (guard,) in RULES.items():
            fires = month.filter(guard.condition().fill_null(False))["user_id"]
            assert [user for user in fires if found[user, code] <= ahead] == []


def test_the_months_ahead_are_whole_and_follow_each_other():
    accounts, credit, limits = lived([[(False, 0, False)] * 13])
    what = known(accounts=accounts, credit=credit, limits=limits)
    mine = scored().with_columns(user_id=pl.lit("u000"))

    days = [row["as_of"].item() for row in rows_ahead(user_of(what), what, mine, READS)]

    assert days[0] == date(2026, 10, 31)
    assert days == [last_day(months_after(SEPTEMBER, n)) for n in range(1, MONTHS_AHEAD + 1)]
