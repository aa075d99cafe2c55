from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.errors import RefusedError
from transforms.tables.logs import EVENTS
from warehouse.store.table_files import in_order

MAY = date(2026, 5, 1)
PLACES = ["user_id", "occurred_at", "event_id", "source"]
MOMENTS = st.integers(0, 3).map(lambda day: datetime(2026, 5, 1 + day, tzinfo=UTC))
TEXTS = st.sampled_from(["", "a", "B", "b", "ab", "é", "李", "10", "9"])
KEYS = st.lists(st.tuples(TEXTS, MOMENTS, TEXTS, TEXTS), unique=True, max_size=12)


def events(keys: list[tuple]) -> pl.DataFrame:
    rows = [dict(zip(PLACES, key, strict=True)) for key in keys]
    return pl.DataFrame(rows, schema=EVENTS.schema)


@given(KEYS)
def test_rows_are_stored_in_the_order_of_their_texts_whatever_order_they_came_in(keys):
    stored = in_order(EVENTS, MAY, events(keys))

    assert stored.select(PLACES).rows() == sorted(
        keys, key=lambda key: [part.encode() if isinstance(part, str) else part for part in key]
    )


def test_rows_of_one_key_are_refused_with_their_number():
    twice = ("ana", datetime(2026, 5, 1, tzinfo=UTC), "e1", "shop")
    other = ("ana", datetime(2026, 5, 1, tzinfo=UTC), "e2", "shop")

    with pytest.raises(RefusedError, match="events 2026-05: 2 rows share their source, event_id"):
        in_order(EVENTS, MAY, events([twice, other, twice]))
