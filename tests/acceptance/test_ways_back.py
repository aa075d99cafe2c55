"""What explanations promise of later months, against the months that then came, for every user."""

import re
from datetime import date

import polars as pl
import pytest

from transforms.deciding.decision_inputs import across
from transforms.facts.instalments import late_instalments, ledgers_of
from transforms.figures import figure
from transforms.months import decision_date, last_day, months_after, months_between
from transforms.plans.rows_ahead import rows_ahead
from transforms.telling.levels import free_after
from transforms.telling.payments import MONTHS as PAYMENT_MONTHS
from transforms.telling.ways_back import user_of
from warehouse.answers.explain import explain
from warehouse.answers.plans import known_of, settled_of
from warehouse.monthly.decide import lines_of
from warehouse.monthly.history import scan
from warehouse.monthly.terms import pinned_terms
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake

FIRST, SECOND, LAST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)


@pytest.fixture(scope="module")
def chain(demo) -> Chain:
    return Chain.read(open_lake(demo[0].lake))


@pytest.fixture(scope="module")
def promised(chain) -> pl.DataFrame:
    """Return `user_id`, `code`, `ahead` of every rule that fired in the first month."""
    return promised_after(chain, FIRST)


def promised_after(chain: Chain, month: date) -> pl.DataFrame:
    entry = chain.head("limits", month)
    terms = pinned_terms(chain.lake, entry.texts, decision_date(month))
    state = lines_of(chain, month, entry.parameters["mode"])
    shared = across(scan(chain, "features", month, 1), state.lazy(), terms.scorecard.version)
    rules = {guard.name: [guard] for guard in terms.policy.guards if "free_on" in guard.way_back}
    reads = frozenset().union(*(guard.reads for (guard,) in rules.values()))
    settled = settled_of(chain, month, entry, terms, shared)
    found = []
    for bucket in range(chain.lake.buckets):
        decided = scan(chain, "decisions", month, 1, bucket=bucket).collect()
        known = known_of(chain, decided.select("user_id"), bucket, settled)
        scores = scan(chain, "scores", month, 1, bucket=bucket).collect()
        rows = rows_ahead(user_of(known), known, scores, reads)
        fired = decided.select("user_id", code="guards_fired").explode("code").drop_nulls()
        found.append(free_after(rows, rules).join(fired, on=["user_id", "code"]))
    return pl.concat(found)


def fired_in(chain: Chain, month: date) -> pl.DataFrame:
    decided = scan(chain, "decisions", month, 1).select("user_id", code="guards_fired")
    return decided.explode("code").drop_nulls().collect()


def held_until(
    chain: Chain, promised: pl.DataFrame, code: str, kept: pl.DataFrame, first: date = FIRST
) -> set[bool]:
    """Check a rule in each month that came; return whether its promises were seen met or waiting.

    Args:
        chain: The lake.
        promised: See `promised`.
        code: The rule.
        kept: `user_id`, `until`: the last month up to which a user did as was said.
        first: Month in which it was promised.
    """
    seen = set()
    mine = promised.filter(pl.col("code") == code).join(kept, on="user_id")
    for month in months_between(months_after(first, 1), LAST):
        ahead = len(months_between(first, month)) - 1
        there = scan(chain, "decisions", month, 1).select("user_id").collect()
        due = mine.filter(pl.col("until") >= month).join(there, on="user_id", how="semi")
        fires = due.join(fired_in(chain, month), on=["user_id", "code"], how="semi")
        free = due.filter(pl.col("ahead") <= ahead)
        waiting = due.filter(pl.col("ahead") > ahead)
        assert free.join(fires, on="user_id", how="semi").rows() == [], (code, month)
        assert waiting.join(fires, on="user_id", how="anti").rows() == [], (code, month)
        seen |= {True} if free.height else set()
        seen |= {False} if waiting.height else set()
    return seen


def until(chain: Chain, table: str, broken: pl.Expr, first: date = FIRST) -> pl.DataFrame:
    """Return up to which month each user's rows after the first month are not `broken`."""
    since = pl.col("as_of") > last_day(first)
    rows = scan(chain, table, LAST, 2).filter(since, broken).select("user_id", "as_of").collect()
    broken_in = rows.group_by("user_id").agg(
        pl.col("as_of").min().dt.month_start().alias("broken_in")
    )
    users = scan(chain, "decisions", first, 1).select("user_id").collect()
    return users.join(broken_in, on="user_id", how="left").select(
        "user_id", until=pl.col("broken_in").dt.offset_by("-1mo").fill_null(LAST)
    )


def test_what_only_time_ends_ends_on_the_day_promised(chain, promised):
    kept = until(chain, "decisions", pl.lit(False))

    assert held_until(chain, promised, "months_on_book", kept)


def test_who_pays_in_time_is_free_of_late_payments_on_the_day_promised_and_not_before(
    chain, promised
):
    # What was overdue has to be paid by the fifth, and nothing else may be late.
    late = scan(chain, "credit_months", FIRST, 1).filter(pl.col("unpaid_count") > 0)
    behind = late.select("user_id").collect()
    kept = until(
        chain, "credit_months", (pl.col("paid_late_count") > 0) | (pl.col("unpaid_count") > 0)
    ).join(behind, on="user_id", how="anti")

    assert held_until(chain, promised, "late_in_3_months", kept) == {True, False}
    assert held_until(chain, promised, "past_due_30_in_12_months", kept)


def test_a_raise_stands_against_the_next_one_until_the_day_promised(chain):
    kept = until(chain, "decisions", pl.col("action") == "raise", SECOND)

    # In June nobody was raised before, and June's raises end on the day after these months.
    promised = promised_after(chain, SECOND)
    assert set(promised.filter(pl.col("code") == "raised_recently")["ahead"]) == {2}
    assert held_until(chain, promised, "raised_recently", kept, SECOND) == {False}


def test_a_device_is_known_on_the_day_promised_if_no_other_new_one_comes(chain, promised):
    kept = until(chain, "features", pl.col("new_device_count_1m") > 0)

    assert held_until(chain, promised, "new_device", kept) == {True}


@pytest.mark.parametrize("month", [FIRST, LAST])
def test_each_late_instalment_is_told_and_their_number_is_that_of_the_months(chain, month):
    ledger = pl.concat(
        scan(chain, "ledger", known, 1) for known in ledgers_of(month, PAYMENT_MONTHS)
    )
    told = late_instalments(ledger, month, PAYMENT_MONTHS, chain.lake.time_zone).collect()
    months = scan(chain, "credit_months", month, PAYMENT_MONTHS).collect()

    paid = told.filter(pl.col("paid_on").is_not_null()).group_by(
        "user_id", pl.col("paid_on").dt.month_end().alias("as_of")
    )
    counted = months.filter(pl.col("paid_late_count") > 0)
    assert sorted(paid.len().rows()) == sorted(
        counted.select("user_id", "as_of", "paid_late_count").rows()
    )
    overdue = told.filter(pl.col("paid_on").is_null()).group_by("user_id")
    unpaid = months.filter(pl.col("as_of") == last_day(month), pl.col("unpaid_count") > 0)
    assert sorted(overdue.len().rows()) == sorted(unpaid.select("user_id", "unpaid_count").rows())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_explain_tells_the_day_that_was_promised_for_each_reason(chain, promised, language):
    decided = scan(chain, "decisions", FIRST, 1).select("user_id", code="reasons").explode("code")
    told = promised.join(decided.collect(), on=["user_id", "code"])
    of_each = told.sort("user_id").unique("code", keep="first", maintain_order=True)

    for user, code, ahead in of_each.iter_rows():
        found = explain(chain.lake, user, f"{FIRST:%Y-%m}", language).plain["explanation"]
        way = next(one["way_back"] for one in found["reasons"] if one["code"] == code)
        day = decision_date(months_after(FIRST, ahead))
        assert figure(day, "", "", language) in way, (user, code)
    assert of_each.height >= 4


def test_explain_tells_single_instalments_of_who_was_late(chain):
    counts = scan(chain, "credit_months", LAST, 1).filter(pl.col("paid_late_count") > 0)
    user = counts.select("user_id").collect()["user_id"][0]

    found = explain(chain.lake, user, f"{LAST:%Y-%m}", "en").plain["explanation"]["payments"]

    assert re.search(r"Paid late: (.*; )?due on 2026-\d\d-\d\d, \d+ days? late", found)
