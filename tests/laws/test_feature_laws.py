"""Laws of features and scores that hold for every history."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.tables import by_month
from transforms.declared import Declared
from transforms.features.catalogue import CATALOGUE, FEATURES, features
from transforms.features.feature import Effect
from transforms.features.history import Coverage
from transforms.months import last_day, months_after
from transforms.scoring.scorecard import scorecard_of
from transforms.scoring.scores import scores
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS, SEGMENT_NORMS, SHARED_DEVICES
from transforms.tables.logs import ACCOUNTS, INSTRUCTIONS
from transforms.tables.table import Column, Table

SEPTEMBER = date(2026, 9, 1)
COVERAGE = Coverage(first_month=date(2025, 8, 1))
FILE = "policies/scorecards/expert-1990-01-01.toml"
EXPERT = scorecard_of(Declared((Path(__file__).parents[2] / FILE).read_text("utf-8"), FILE))
USERS = ("ana", "bo", "chen")
PAST, LATER = range(-14, 1), range(1, 4)
FEW = settings(max_examples=20, deadline=None)


def a_value(column: Column) -> st.SearchStrategy:
    """Any value that the column may hold, small enough to collide often."""
    kinds = {
        pl.Boolean: st.booleans(),
        pl.List: st.lists(st.integers(1, 5), max_size=3, unique=True).map(sorted),
        pl.Datetime: st.just(datetime(2026, 9, 1, tzinfo=UTC)),
        pl.String: st.sampled_from(column.values or ("", "north")),
        pl.UInt32: st.integers(0, 2**31 - 1),
        pl.Date: st.just(None),
    }
    lowest = -50 if column.lowest is None else int(column.lowest)
    highest = lowest + 100 if column.highest is None else min(lowest + 100, int(column.highest))
    value = kinds.get(column.dtype.base_type(), st.integers(lowest, highest))
    return value if column.required else st.none() | value


def rows_of(table: Table, months: range) -> st.SearchStrategy[pl.DataFrame]:
    """Rows of a table with distinct keys, as_of in months counted from September."""
    columns = {c.name: a_value(c) for c in table.columns if c.name not in ("as_of", *table.key)}
    keys = {
        "user_id": st.sampled_from(USERS),
        "device_hash": st.integers(1, 5),
        "segment": st.sampled_from(("consumer", "micro_business")),
        "region": st.sampled_from(("", "north")),
        "industry": st.just(""),
    }
    as_of = st.sampled_from([last_day(months_after(SEPTEMBER, count)) for count in months])
    row = st.fixed_dictionaries(
        {"as_of": as_of, **{key: keys[key] for key in table.key}, **columns}
    )
    distinct = st.lists(
        row, max_size=6, unique_by=lambda row: (row["as_of"], *map(row.get, table.key))
    )
    return distinct.map(lambda rows: pl.DataFrame(rows, schema=table.schema))


@st.composite
def consents(draw, year: int) -> pl.DataFrame:
    kinds = st.sampled_from(("consent_given", "consent_withdrawn"))
    rows = [
        {
            **dict.fromkeys(INSTRUCTIONS.schema),
            "instruction_id": f"{year}-{number}",
            "user_id": draw(st.sampled_from(USERS)),
            "kind": draw(kinds),
            "dimension": "social",
            "recorded_at": datetime(year, 3, number + 1, tzinfo=UTC),
            "effective_from": date(2026, 1, 1),
        }
        for number in range(draw(st.integers(0, 4)))
    ]
    return pl.DataFrame(rows, schema=INSTRUCTIONS.schema)


ACCOUNTS_OF_ALL = pl.DataFrame(
    [
        {
            **dict.fromkeys(ACCOUNTS.schema),
            "as_of": last_day(SEPTEMBER),
            "user_id": user,
            "segment": "consumer",
            "region": "north",
            "source_limit_cents": 50,
        }
        for user in USERS
    ],
    schema=ACCOUNTS.schema,
)


def lake(months: range, year: int) -> st.SearchStrategy[dict[str, pl.DataFrame]]:
    """What a lake holds of the given months, and consents recorded in `year`."""
    return st.fixed_dictionaries(
        {
            "activity": rows_of(ACTIVITY, months),
            "credit_months": rows_of(CREDIT_MONTHS, months),
            "segment_norms": rows_of(SEGMENT_NORMS, months),
            "shared_devices": rows_of(SHARED_DEVICES, months),
            "instructions": consents(year),
        }
    )


def september(given_lake: dict[str, pl.DataFrame], accounts=ACCOUNTS_OF_ALL) -> pl.DataFrame:
    frames = {name: frame.lazy() for name, frame in given_lake.items()}
    months = {name: by_month(frames.pop(name)) for name in ("activity", "credit_months")}
    return features(
        **months, accounts=accounts.lazy(), month=SEPTEMBER, coverage=COVERAGE, **frames
    )


@FEW
@given(lake(PAST, 2026), lake(LATER, 2027))
def test_nothing_after_the_months_end_reaches_a_feature(past, later):
    both = {name: pl.concat([later[name], past[name]]) for name in past}
    accounts = pl.concat(
        [ACCOUNTS_OF_ALL.with_columns(as_of=date(2026, 10, 31), region=pl.lit("")), ACCOUNTS_OF_ALL]
    )

    assert_frame_equal(september(both, accounts), september(past), check_exact=True)


@FEW
@given(lake(PAST, 2026))
def test_the_order_of_rows_changes_nothing(past):
    reversed_lake = {name: frame.reverse() for name, frame in past.items()}

    assert_frame_equal(
        september(reversed_lake, ACCOUNTS_OF_ALL.reverse()), september(past), check_exact=True
    )


@FEW
@given(lake(PAST, 2026))
def test_a_user_has_the_same_features_alone_as_among_others(past):
    alone = {
        name: frame.filter(pl.col("user_id") == "bo") if "user_id" in frame.columns else frame
        for name, frame in past.items()
    }

    assert_frame_equal(
        september(alone, ACCOUNTS_OF_ALL.filter(pl.col("user_id") == "bo")),
        september(past).filter(pl.col("user_id") == "bo"),
        check_exact=True,
    )


@FEW
@given(lake(PAST, 2026))
def test_every_feature_stays_in_its_declared_range(past):
    found = september(past)

    assert found.schema == FEATURES.schema
    for feature in CATALOGUE:
        for value in found[feature.name].drop_nulls():
            assert feature.lowest is None or value >= feature.lowest, feature.name
            assert feature.highest is None or value <= feature.highest, feature.name


def known_user() -> st.SearchStrategy[dict[str, object]]:
    """A value, or none, for every scored feature, around the edges of its bins."""
    dtypes = {feature.name: feature.dtype for feature in CATALOGUE}

    def values(one):
        edges = [one_bin.at_most for one_bin in one.bins[:-1]]
        steps = (0.0, 0.01, -0.01) if dtypes[one.name].is_float() else (0, 1, -1)
        near = [max(0, edge + step) for edge in edges for step in steps] + [edges[-1] * 2]
        return st.none() | st.sampled_from(near)

    return st.fixed_dictionaries({one.name: values(one) for one in EXPERT.features})


def probabilities(*users: dict[str, object]) -> list[int]:
    rows = [{**user, "user_id": str(number)} for number, user in enumerate(users)]
    names = {name: dtype for name, dtype in FEATURES.schema.items() if name in rows[0]}
    return scores(pl.LazyFrame(rows, schema=names), EXPERT, SEPTEMBER).collect()["pd_ppm"].to_list()


@settings(max_examples=100, deadline=None)
@given(known_user(), st.integers(1, 90), st.integers(1, 3))
def test_one_more_late_payment_never_lowers_the_default_probability(user, days, window):
    due = 12  # of which the ratio of the user says how many were on time
    ratio = user["on_time_ratio_12m"]
    on_time = round((0 if ratio is None else min(ratio, 1)) * due)
    late = {
        **user,
        "late_count_12m": (user["late_count_12m"] or 0) + 1,
        "dpd_max_days_12m": max(user["dpd_max_days_12m"] or 0, days),
        "on_time_ratio_12m": (0.0 if ratio is None else on_time / (due + 1)),
    }
    if window <= 2:
        late["late_count_3m"] = (user["late_count_3m"] or 0) + 1
    if window == 1:
        late["dpd_end_days"] = max(user["dpd_end_days"] or 0, days)

    before, after = probabilities({**user, "on_time_ratio_12m": ratio and on_time / due}, late)

    assert after >= before


@settings(max_examples=100, deadline=None)
@given(known_user(), st.data())
def test_a_value_moved_the_way_it_is_declared_to_raise_never_raises_the_probability(user, data):
    effects = {feature.name: feature.effect for feature in CATALOGUE}
    known = [name for name, value in user.items() if value is not None]
    assume(known)
    name = data.draw(st.sampled_from(known))
    step = type(user[name])(1) * (1 if effects[name] == Effect.RAISES else -1)

    before, after = probabilities(user, {**user, name: user[name] + step})

    assert after <= before


@st.composite
def borrowings(draw) -> tuple[pl.DataFrame, int, int]:
    """Thirteen months of a line, and a month in which the user might have repaid more."""
    source = draw(st.sampled_from(("ledger", "reported")))
    rows, balance = [], draw(st.integers(0, 1_000))
    for months_ago in range(12, -1, -1):
        drawn, interest = draw(st.integers(0, 300)), draw(st.integers(0, 30))
        repaid = draw(st.integers(0, balance))
        balance += drawn + interest - repaid
        rows.append(
            {
                "as_of": last_day(months_after(SEPTEMBER, -months_ago)),
                "user_id": "ana",
                "credit_from": source,
                "balance_end_cents": balance,
                "limit_in_force_cents": 2_000,
                "drawdown_cents": drawn if source == "ledger" else 0,
                "repaid_cents": repaid,
                "interest_and_fees_cents": interest,
                **dict.fromkeys(("due_count", "paid_on_time_count", "paid_late_count"), 0),
                **dict.fromkeys(("unpaid_count", "due_cents"), 0),
                **dict.fromkeys(("settled_count", "settled_after_due_days"), 0),
                **dict.fromkeys(("charged_off", "closed"), False),
            }
        )
    months_ago = draw(st.integers(0, 12))
    owed_least = min(row["balance_end_cents"] for row in rows[12 - months_ago :])
    return (
        pl.DataFrame(rows, schema=CREDIT_MONTHS.schema),
        months_ago,
        draw(st.integers(0, owed_least)),
    )


@settings(max_examples=40, deadline=None)
@given(borrowings())
def test_one_more_repayment_never_lowers_the_score(borrowing):
    credit_months, months_ago, extra = borrowing
    paid_on = last_day(months_after(SEPTEMBER, -months_ago))
    more = credit_months.with_columns(
        pl.col("repaid_cents") + extra * (pl.col("as_of") == paid_on).cast(pl.Int64),
        pl.col("balance_end_cents") - extra * (pl.col("as_of") >= paid_on).cast(pl.Int64),
    )
    nothing_else = {
        "activity": ACTIVITY.empty().collect(),
        "segment_norms": SEGMENT_NORMS.empty().collect(),
        "shared_devices": SHARED_DEVICES.empty().collect(),
        "instructions": INSTRUCTIONS.empty().collect(),
    }

    before, after = (
        scores(
            september({**nothing_else, "credit_months": one}).lazy(), EXPERT, SEPTEMBER
        ).collect()["points"][0]
        for one in (credit_months, more)
    )

    assert after >= before
