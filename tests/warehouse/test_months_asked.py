"""Which month a run is for, and which runs are refused before they begin."""

from datetime import UTC, date, datetime

import pytest

from transforms.errors import RefusedError
from warehouse.monthly.months_asked import month_asked, month_from, require_ended

NO_MONTH = {"month": None}


def test_a_run_by_hand_takes_its_param():
    assert month_asked({"month": "2026-10"}, {"month": "2026-10"}, None) == "2026-10"


def test_a_scheduled_run_takes_its_partition():
    assert month_asked(NO_MONTH, None, "2026-10") == "2026-10"


def test_a_run_without_month_is_refused():
    with pytest.raises(RefusedError, match="no month. Fill in `month`, e.g. 2026-10"):
        month_asked(NO_MONTH, {}, None)


def test_an_unknown_key_is_refused_with_the_nearest_one():
    with pytest.raises(RefusedError, match="unknown key 'mnth'. Did you mean 'month'?"):
        month_asked(NO_MONTH, {"mnth": "2026-10"}, None)


def test_a_param_that_contradicts_the_partition_is_refused():
    with pytest.raises(RefusedError, match="contradicts its partition '2026-10'"):
        month_asked({"month": "2026-09"}, None, "2026-10")


@pytest.mark.parametrize(
    "text",
    [
        "2026-13",
        "2026-00",
        "202610",
        "../../etc",
        "2026-10; drop table",
        "2026-10\n",
        "",
        "２０２６-10",
    ],
)
def test_a_text_that_is_no_month_is_refused(text):
    with pytest.raises(RefusedError, match="is not a month. Write it as YYYY-MM"):
        month_from(text)


def test_a_month_that_has_not_ended_for_the_lender_is_refused():
    before_midnight_in_shanghai = datetime(2026, 10, 31, 15, 59, tzinfo=UTC)

    with pytest.raises(RefusedError) as refused:
        require_ended(date(2026, 10, 1), "Asia/Shanghai", before_midnight_in_shanghai)

    assert str(refused.value) == (
        "Month 2026-10: has not ended; it ends when 2026-11-01 begins in Asia/Shanghai. "
        "Run it then, or ask for 2026-09 or earlier."
    )


def test_a_month_is_over_when_the_next_one_begins_for_the_lender():
    require_ended(date(2026, 10, 1), "Asia/Shanghai", datetime(2026, 10, 31, 16, 0, tzinfo=UTC))
