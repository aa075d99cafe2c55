"""Laws of the ledger: the fold equals one pass, no cent is lost, no good deed is punished."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.laws.plain_ledger import PlainLedger, moment
from transforms.facts.credit_months import credit_facts
from transforms.months import last_day, months_after
from transforms.tables.facts import CREDIT_MONTHS, LEDGER
from transforms.tables.logs import EVENTS

FIRST = date(2026, 5, 1)
MONTHS = [months_after(FIRST, later) for later in range(6)]
DAYS = 180  # within the six months, whatever the zone
SHANGHAI = "Asia/Shanghai"
DUES = ("instalment_due", "repayment", "repayment", "reversal")
MONEY = ("drawdown", "fee", "interest", "statement", "limit_in_force")
NO_WORSE = ("unpaid_count", "dpd_end_days", "dpd_max_days", "balance_end_cents")


@st.composite
def histories(draw, kinds=DUES + MONEY, loans=(None, "car", "phone")) -> list[dict]:
    """Draw one user's credit events over six months, in order.

    A reversal may name any payment, also one taken back before, or one that is not known.
    """
    moments = st.lists(st.tuples(st.integers(0, DAYS), st.integers(0, 15)), min_size=1, max_size=14)
    events = []
    for number, (day, hour) in enumerate(sorted(draw(moments))):
        at = moment(FIRST, day, hour)
        event = {
            "event_id": f"e{number:02d}",
            "occurred_at": at,
            "event_type": draw(st.sampled_from(kinds)),
            "amount_cents": draw(st.integers(1, 6)) * 90,
            "due_on": at.date() + timedelta(days=draw(st.integers(-20, 45))),
            "reference_id": draw(st.sampled_from(loans)),
            "reverses_event_id": None,
        }
        if event["event_type"] == "reversal":
            payments = [e["event_id"] for e in events if e["event_type"] == "repayment"]
            event["reverses_event_id"] = draw(st.sampled_from(["unknown", *payments]))
        events.append(event)
    return events


def frame(events: list[dict]) -> pl.LazyFrame:
    rows = [{"user_id": "ana", "source": "bank", **event} for event in events]
    return pl.LazyFrame(rows, schema=EVENTS.schema)


def fold(events: list[dict]) -> tuple[pl.LazyFrame, list[pl.DataFrame]]:
    """Apply the events month by month; return the last ledger and every credit month."""
    ledger, rows, said = LEDGER.empty(), CREDIT_MONTHS.empty(), []
    for month in MONTHS:
        filed = [event for event in events if local_day(event).replace(day=1) == month]
        ledger, rows = credit_facts(frame(filed), ledger, rows, month, SHANGHAI, "ledger")
        said.append(rows.collect())
        rows = said[-1].lazy()
    return ledger, said


def local_day(event: dict) -> date:
    at: datetime = event["occurred_at"]
    return at.astimezone(ZoneInfo(SHANGHAI)).date()


@settings(max_examples=80, deadline=None)
@given(histories())
def test_the_fold_over_months_equals_one_pass_over_all_events(events):
    plain = PlainLedger(ZoneInfo(SHANGHAI))
    expected = plain.run(events, MONTHS)

    ledger, said = fold(events)

    for month, row in zip(said, expected, strict=True):
        found = month.row(0, named=True) if month.height else dict.fromkeys(row)
        begun = month.height > 0
        assert {name: found[name] for name in row if begun} == (row if begun else {})
    assert begun, "a user with credit events has a row in the last month"
    key = ("row_kind", "obligation_id", "payment_event_id", "amount_cents", "remaining_cents")
    without_source = ledger.select(key).with_columns(
        pl.col("obligation_id", "payment_event_id").str.strip_prefix("bank/")
    )
    assert set(without_source.collect().rows()) == plain.rows(last_day(MONTHS[-1]))


@settings(max_examples=60, deadline=None)
@given(histories(kinds=DUES))
def test_no_cent_is_lost_between_what_is_due_what_is_paid_and_what_is_left(events):
    ledger, _ = fold(events)

    left = ledger.group_by("row_kind").agg(pl.col("remaining_cents").sum()).collect()
    left = dict(left.rows())
    owed, waiting = left.get("obligation", 0), left.get("unapplied", 0)
    sign = {"instalment_due": 1, "reversal": 1, "repayment": -1}
    assert owed - waiting == sum(sign[e["event_type"]] * e["amount_cents"] for e in events)
    assert owed == 0 or waiting == 0, "money does not wait while something is open"


@settings(max_examples=30, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(events, random):
    at_once = [{**event, "occurred_at": moment(FIRST, 3, 5)} for event in events]
    shuffled = random.sample(at_once, len(at_once))

    one, other = (
        credit_facts(frame(given), LEDGER.empty(), CREDIT_MONTHS.empty(), FIRST, SHANGHAI, "ledger")
        for given in (at_once, shuffled)
    )

    assert_frame_equal(one[0], other[0])
    assert_frame_equal(one[1], other[1])


WITHOUT_REVERSALS = ("instalment_due", "instalment_due", "repayment", "drawdown", "fee")
LOANS = st.sampled_from([None, "car", "phone"])


def line(event_id: str, event_type: str, cents: int, at: datetime, loan: str | None) -> dict:
    return {
        "event_id": event_id,
        "occurred_at": at,
        "event_type": event_type,
        "amount_cents": cents,
        "reference_id": loan,
    }


def assert_no_worse(better: list[dict], worse: list[dict]) -> None:
    """Compare two users, month by month, who both begin with the same drawdown."""
    begun = line("d0", "drawdown", 10_000, moment(FIRST, 0, 0), None)
    ana = [{**event, "user_id": "ana"} for event in (begun, *better)]
    bo = [{**event, "user_id": "bo"} for event in (begun, *worse)]
    for month in fold(ana + bo)[1]:
        found, against = month.rows(named=True)
        for name in NO_WORSE:
            assert (found[name] is None) == (against[name] is None)
            assert found[name] is None or found[name] <= against[name], name
        assert found["paid_on_time_count"] >= against["paid_on_time_count"]


@settings(max_examples=50, deadline=None)
@given(histories(kinds=WITHOUT_REVERSALS), st.integers(0, DAYS), st.integers(1, 8), LOANS)
def test_one_more_repayment_never_makes_anything_worse(events, day, amount, loan):
    more = line("more", "repayment", amount * 70, moment(FIRST, day, 7), loan)

    assert_no_worse([*events, more], events)


@settings(max_examples=50, deadline=None)
@given(histories(kinds=WITHOUT_REVERSALS), st.data())
def test_an_earlier_repayment_of_what_is_known_never_makes_anything_worse(events, data):
    numbers = [n for n, event in enumerate(events) if event["event_type"] == "repayment"]
    assume(numbers)
    number = data.draw(st.sampled_from(numbers))
    # Before an obligation is known a payment cannot pay it, and pays another one instead.
    known = [e for e in events[:number] if e["event_type"] == "instalment_due"]
    earliest = max((e["occurred_at"] for e in known), default=moment(FIRST, 0, 1))
    hours = int((events[number]["occurred_at"] - earliest).total_seconds() // 3600)
    before = timedelta(hours=data.draw(st.integers(0, max(0, hours - 1))))

    paid = {**events[number], "occurred_at": events[number]["occurred_at"] - before}
    earlier = [*events[:number], paid, *events[number + 1 :]]

    assert_no_worse(earlier, events)
