"""People behave like people; every share here is of a world of 3,000."""

import polars as pl
import pytest

from demo.calendar import Month, outage_days
from demo.kinds import FAMILY_WITHOUT_SIGNAL, KINDS, REGION_WITHOUT_SIGNAL, REGIONS

MONTHS = [Month.of("2025-01").after(n).text for n in range(16)]


@pytest.fixture(scope="session")
def behaviour(history) -> pl.DataFrame:
    """Good lines of behaviour, each once."""
    good = [
        line
        for line in dict.fromkeys(history.lines("behaviour/*.jsonl"))
        if line.endswith("}") and '"id":"r' not in line
    ]
    return pl.read_ndjson("\n".join(good).encode(), infer_schema_length=None).with_columns(
        on=pl.col("at").str.head(10).str.to_date(), hour=pl.col("at").str.slice(11, 2).cast(pl.Int8)
    )


@pytest.fixture(scope="session")
def months(history) -> pl.DataFrame:
    """The truth of every month."""
    return pl.concat(history.people(month).with_columns(month=pl.lit(month)) for month in MONTHS)


def bad_within_a_year(months: pl.DataFrame, month: str) -> pl.DataFrame:
    """Return lines in good standing in `month`, and whether they went bad in the next twelve."""
    later = MONTHS[MONTHS.index(month) + 1 :][:12]
    bad = months.filter("bad", pl.col("month").is_in(later))["user_id"].unique()
    return months.filter(
        pl.col("month") == month, pl.col("line_status") == "open", pl.col("dpd_end_days") < 30
    ).with_columns(went_bad=pl.col("user_id").is_in(bad.implode()))


def test_there_are_about_ten_to_sixteen_lines_a_user_and_month(history):
    lines = sum(len(history.lines(f"{group}/*")) for group in ("behaviour", "ledger", "limits"))

    assert 10 < lines / (3_000 * 16) < 16


def test_all_kinds_and_regions_are_there(months):
    assert set(months["kind"]) == {kind.name for kind in KINDS}
    assert set(months["region"]) == {region[0] for region in REGIONS}


def test_newcomers_ask_every_month(months):
    asked = months.filter(line_status="applied").group_by("month").len()

    assert asked.height == 15
    assert asked["len"].min() >= 20


def test_two_to_five_per_cent_go_bad_in_a_year_and_the_true_probability_says_so(months):
    lines = bad_within_a_year(months, "2025-04")

    expected = lines["true_pd_12m_ppm"].mean() / 1e6
    assert 0.02 < lines["went_bad"].mean() < 0.05
    assert 0.8 < lines["went_bad"].mean() / expected < 1.25


def test_the_true_probability_ranks_well_but_not_perfectly(months):
    lines = bad_within_a_year(months, "2025-04")

    rank = lines["true_pd_12m_ppm"].rank()
    bad, good = lines["went_bad"].sum(), (~lines["went_bad"]).sum()
    area = (rank.filter(lines["went_bad"]).sum() - bad * (bad + 1) / 2) / (bad * good)

    assert 0.80 < area < 0.88


def test_a_fifth_of_the_defaults_come_without_warning(months):
    first = months.filter("bad").unique("user_id", keep="first", maintain_order=True)

    sudden = first["cause"].is_in(["sudden", "takeover"])
    assert 0.20 < sudden.mean() < 0.5
    assert first.filter(sudden)["stress_since"].is_null().all()
    assert first.filter(~sudden)["stress_since"].null_count() == 0


def test_most_who_owe_use_their_line_moderately(months):
    owing = months.filter(
        pl.col("month") >= "2025-09",
        pl.col("line_status") == "open",
        pl.col("balance_end_cents") > 0,
    )

    use = owing["balance_end_cents"] / owing["limit_cents"]
    assert use.is_between(0.15, 0.60).mean() > 0.5
    assert 0.005 < (use > 0.85).mean() < 0.10


def test_wages_come_once_a_month_and_stop_with_the_job(behaviour, months):
    wages = behaviour.filter(counterparty="employer").with_columns(month=pl.col("at").str.head(7))
    kinds = months.filter(pl.col("kind") == "salaried", ~pl.col("dormant"))

    paid = kinds.join(
        wages.group_by("user", "month").len(),
        left_on=["user_id", "month"],
        right_on=["user", "month"],
        how="left",
    ).with_columns(pl.col("len").fill_null(0))

    assert set(paid.filter(condition="steady")["len"]) <= {0, 1}
    assert paid.filter(condition="steady")["len"].mean() > 0.95
    assert paid.filter(condition="jobless").height > 0
    assert paid.filter(condition="jobless")["len"].sum() == 0


def test_the_eleventh_of_november_is_the_busiest_day(behaviour):
    by_day = behaviour.filter(kind="pay").group_by("on").len().sort("len")

    assert str(by_day["on"].last()) == "2025-11-11"


def test_the_spring_festival_moves_with_the_moon(behaviour):
    gifts = behaviour.filter(pl.col("kind").is_in(["in", "out"]), counterparty="person")

    busiest = gifts.group_by("on").len().sort("len", descending=True).head(10)["on"]

    assert all(day.isoformat()[:7] in ("2025-01", "2025-02", "2026-02") for day in busiest)


def test_businesses_have_customers_and_seasons(behaviour, months):
    farms = months.filter(industry="agriculture", kind="seasonal")["user_id"].unique()
    turnover = behaviour.filter(counterparty="customer").filter(
        pl.col("user").is_in(farms.implode())
    )
    by_month = dict(
        turnover.group_by(pl.col("at").str.head(7))
        .agg(pl.col("amount").cast(pl.Float64).sum())
        .rows()
    )

    assert by_month["2025-10"] > 2 * by_month["2025-02"]


def test_the_dormant_neither_shop_nor_log_in(behaviour, months):
    dormant = months.filter(pl.col("dormant"), pl.col("takeover_from").is_null())
    awake = behaviour.filter(pl.col("kind").is_in(["pay", "login"])).select(
        pl.col("user").alias("user_id"), pl.col("at").str.head(7).alias("month")
    )

    assert 0.05 < dormant.height / months.height < 0.15
    assert dormant.join(awake, on=["user_id", "month"]).is_empty()


def test_a_takeover_shows_a_leak_a_new_device_and_logins_at_night(behaviour, months):
    outage = {
        MONTH.text for n in range(16) if outage_days(MONTH := Month.of("2025-01").after(n), 7)[0]
    }
    victims = months.filter(
        pl.col("takeover_from").is_not_null(), ~pl.col("month").is_in(list(outage))
    )
    traces = victims.join(behaviour, left_on="user_id", right_on="user").filter(
        pl.col("on").is_between("takeover_from", "takeover_to")
    )
    by_victim = traces.group_by("user_id", "month").agg(
        (pl.col("kind_right") == "leak").sum().alias("leaks"),
        ((pl.col("kind_right") == "bind") & (pl.col("hour") < 5)).sum().alias("devices"),
        ((pl.col("kind_right") == "login") & (pl.col("hour") < 5)).sum().alias("nights"),
        (pl.col("kind_right") == "withdraw").sum().alias("cash_out"),
    )

    assert by_victim.height == victims.height > 5
    assert by_victim["leaks"].min() == 1
    assert by_victim["devices"].min() >= 1
    assert by_victim["nights"].min() >= 3
    assert by_victim["cash_out"].min() >= 2


def test_one_family_of_events_and_one_region_carry_no_signal(behaviour, months):
    bills = behaviour.filter(kind="bill").group_by("user").len()
    people = bad_within_a_year(months, "2025-04").join(
        bills, left_on="user_id", right_on="user", how="left"
    )
    region = next(row for row in REGIONS if row[0] == REGION_WITHOUT_SIGNAL)

    good, bad = (people.filter(went_bad=value)["len"].mean() for value in (False, True))
    assert FAMILY_WITHOUT_SIGNAL == "bill_payment"
    assert 0.85 < bad / good < 1.15
    assert region[2:4] == (1.00, 1.00)


def test_nothing_is_logged_in_the_app_during_the_outage(behaviour):
    spans = [outage_days(Month.of("2025-01").after(n), 7) for n in range(16)]
    days = [day for first, last in spans for day in range(first, last + 1)]

    logged = behaviour.with_columns(day=pl.col("on").cast(pl.Int32)).filter(
        pl.col("day").is_in(days)
    )

    assert len(days) in (7, 14)
    assert logged.height > 0
    assert (logged["channel"] == "app").sum() == 0


def test_people_answer_to_limits_in_their_own_way(months):
    own = months.unique("user_id")

    assert own["own_mpb_ppm"].n_unique() > 1_000
    assert own["own_beta_ppm"].mean() > 250_000
