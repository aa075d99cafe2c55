"""Laws of the monthly activity: order changes nothing, and every event is counted once."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.facts.activity import activity
from transforms.tables.facts import ACTIVITY, PURCHASE_BINS
from transforms.tables.logs import EVENT_TYPES, EVENTS

SEPTEMBER = date(2026, 9, 1)
SHANGHAI = "Asia/Shanghai"
BEGINS = datetime(2026, 8, 31, 16, tzinfo=UTC)  # September in Shanghai

EVENT = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["ana", "bo", "chen", "dai"]),
        "occurred_at": st.integers(-40 * 24, 30 * 24 - 1).map(
            lambda hours: BEGINS + timedelta(hours=hours)
        ),
        "event_type": st.sampled_from(EVENT_TYPES),
        "amount_cents": st.none() | st.integers(0, 3_000_000),
        "value": st.none() | st.integers(0, 900),
        "device_hash": st.none() | st.integers(0, 2**64 - 1) | st.integers(0, 20),
        "merchant_category": st.sampled_from([None, "food", "health", "travel"]),
        "counterparty_type": st.sampled_from([None, "employer", "customer", "person"]),
    }
)


@st.composite
def months_of_events(draw) -> list[dict]:
    """Draw the events filed under September; those before it were filed late."""
    events = draw(st.lists(EVENT, max_size=40))
    return [{"event_id": f"e{number}", **event} for number, event in enumerate(events)]


def of(events: list[dict], **bounds: int) -> pl.DataFrame:
    return activity(pl.LazyFrame(events, schema=EVENTS.schema), SEPTEMBER, SHANGHAI, **bounds)


@settings(max_examples=60, deadline=None)
@given(months_of_events(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(events, random):
    in_order = sorted(events, key=lambda e: (e["user_id"], e["occurred_at"], e["event_id"]))

    assert_frame_equal(of(in_order), of(random.sample(events, len(events))))


@settings(max_examples=60, deadline=None)
@given(months_of_events(), st.integers(1, 12), st.booleans())
def test_how_many_events_are_held_at_once_changes_nothing(events, at_once, in_order):
    events = sorted(events, key=lambda e: e["user_id"]) if in_order else events

    assert_frame_equal(of(events, at_once=at_once), of(events))


@settings(deadline=None)
@given(months_of_events())
def test_every_event_and_every_cent_is_counted_once(events):
    found = of(events)

    purchases = [event for event in events if event["event_type"] == "purchase"]
    amounts = [e["amount_cents"] for e in purchases if e["amount_cents"] is not None]
    assert found["event_count"].sum() == len(events)
    assert found["purchase_count"].sum() == len(purchases)
    assert found["purchase_cents"].sum() == sum(amounts)
    assert sum(found.select(pl.col(PURCHASE_BINS).sum()).row(0)) == len(amounts)
    assert found["purchase_max_cents"].max() == max(amounts, default=None)


@settings(max_examples=60, deadline=None)
@given(months_of_events())
def test_a_user_is_counted_as_if_alone(events):
    alone = [
        of([event for event in events if event["user_id"] == user])
        for user in sorted({event["user_id"] for event in events})
    ]

    assert_frame_equal(of(events), pl.concat([*alone, ACTIVITY.empty().collect()]))


@settings(max_examples=60, deadline=None)
@given(months_of_events())
def test_purchase_days_are_active_days_of_the_month(events):
    found = of(events)

    assert (found["purchase_days_mask"] & ~found["active_days_mask"] == 0).all()
    assert (found["active_days_mask"] < 1 << 30).all()  # September has 30 days
    late = [event for event in events if event["occurred_at"] < BEGINS]
    assert set(of(late)["active_days_mask"]) <= {0}


@settings(max_examples=60, deadline=None)
@given(months_of_events())
def test_the_devices_kept_are_the_sixteen_smallest(events):
    for user, kept, more in (
        of(events).select("user_id", "device_hashes", "device_saturated").iter_rows()
    ):
        seen = {event["device_hash"] for event in events if event["user_id"] == user} - {None}

        assert kept == sorted(seen)[:16]
        assert more == (len(seen) > 16)
