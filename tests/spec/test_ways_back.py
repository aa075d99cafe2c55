"""Ways back: the date, the amount or the level at which a rule no longer holds for a user."""

from datetime import date

import polars as pl
import pytest

from tests.deciding import SEPTEMBER, policy, portfolio, terms
from tests.known import ACCOUNT, ANA, CREDIT, LIMIT, known, scored
from transforms.deciding.decision_inputs import across, decision_inputs
from transforms.deciding.price import price
from transforms.deciding.removal import NO_PROFITABLE_RAISE, PORTFOLIO_BUDGET
from transforms.plans.rows_ahead import rows_ahead
from transforms.policies.guards import holding
from transforms.telling.levels import (
    at_risks,
    balance_edge_cents,
    free_after,
    paying_risk_ppm,
    risk_and_months,
    risk_edge_ppm,
    worth_raising,
)
from transforms.telling.ways_back import plain_ways, user_of, ways_back

GUARDS = {guard.name: guard for guard in policy().guards}


def ahead(rule: str, pd_ppm: int = 3_000, **of) -> int | None:
    """Return after how many months a rule of the shipped policy no longer holds for ana."""
    what = known(**of)
    guard = GUARDS[rule]
    rows = rows_ahead(user_of(what), what, scored(pd_ppm), guard.reads)
    found = free_after(rows, {rule: [guard]})
    return found["ahead"].item() if found.height else None


def credit(*months: str) -> str:
    """Write CREDIT_MONTHS: `month late unpaid dpd_end dpd_max` each; the last is September."""
    lines = [
        f"{day} | ana | ledger | 400_000 | {' | '.join(rest)}"
        for day, *rest in (month.split() for month in months)
    ]
    head = (
        "as_of | user_id | credit_from | balance_end_cents | paid_late_count | unpaid_count | "
        "dpd_end_days | dpd_max_days"
    )
    return "\n".join([head, *lines])


@pytest.mark.parametrize(
    ("months", "expected", "because"),
    [
        (["2026-09-30 1 0 0 2"], 3, "September is one of the last 3 months up to November"),
        (["2026-08-31 1 0 0 2", "2026-09-30 0 0 0 0"], 2, "August up to October"),
        (["2026-07-31 1 0 0 2", "2026-09-30 0 0 0 0"], 1, "July up to September"),
        (["2026-07-31 1 0 0 2", "2026-09-30 1 0 0 2"], 3, "the last one counts longest"),
    ],
)
def test_a_late_payment_leaves_the_three_months_that_count(months, expected, because):
    assert ahead("late_in_3_months", credit=credit(*months)) == expected, because


OVERDUE = """
as_of      | user_id | row_kind   | obligation_id | due_on     | amount_cents | remaining_cents
2026-09-30 | ana     | obligation | old           | {due_on}   | 30_000       | 30_000
"""


def test_what_is_overdue_and_paid_in_october_counts_as_late_in_october():
    months = credit("2026-09-30 0 1 20 20")

    found = ahead("late_in_3_months", credit=months, ledger=OVERDUE.format(due_on="2026-09-10"))

    assert found == 4  # October to December; January's decision is free


@pytest.mark.parametrize(
    ("rule", "dpd_end_days", "due_on", "expected"),
    [
        ("stage_2", 40, "2026-08-21", 1),
        ("past_due_60", 61, "2026-07-31", 1),
        ("past_due_90", 91, "2026-07-01", 1),
        ("past_due_30_in_12_months", 40, "2026-08-21", 13),  # still 44 days late on 4 October
    ],
)
def test_arrears_are_paid_by_the_fifth(rule, dpd_end_days, due_on, expected):
    months = credit(f"2026-09-30 0 1 {dpd_end_days} {dpd_end_days}")

    assert ahead(rule, credit=months, ledger=OVERDUE.format(due_on=due_on)) == expected


@pytest.mark.parametrize(("rule", "expected"), [("late_in_3_months", 3), ("stage_2", 1)])
def test_of_a_lender_that_reports_standing_the_next_report_says_that_nothing_is_late(
    rule, expected
):
    months = credit("2026-09-30 0 0 60 60").replace("| ledger |", "| reported |")
    limits = LIMIT.replace("| live |", "| shadow |")

    found = ahead(rule, credit=months, limits=limits, mode="shadow", credit_from="reported")

    assert found == expected


def test_thirty_days_late_leave_a_window_of_twelve_months():
    months = credit("2025-12-31 1 0 0 33", "2026-09-30 0 0 0 0")

    assert ahead("past_due_30_in_12_months", credit=months) == 3


def test_a_sign_of_difficulty_that_is_a_delay_ends_with_its_window_unless_the_risk_is_one_too():
    months = credit("2026-08-31 1 0 0 33", "2026-09-30 0 0 0 0")
    limit = LIMIT.replace("| no", "| yes")

    assert ahead("soft_trigger_twice", credit=months, limits=limit) == 2
    assert ahead("soft_trigger_twice", credit=months, limits=limit, pd_ppm=90_000) is None
    what, guards = known(credit=months, limits=limit), [GUARDS["soft_trigger_twice"]]
    assert risk_and_months(ANA, what, scored(90_000), guards) == (80_000, 2)


@pytest.mark.parametrize(("raised", "expected"), [("2026-09-30", 3), ("2026-08-31", 2)])
def test_three_months_after_a_raise_the_next_is_possible(raised, expected):
    limits = "as_of | user_id | mode | action | line_status | limit_before_cents | limit_cents\n"
    for as_of in ("2026-08-31", "2026-09-30"):
        action = "raise" if as_of == raised else "hold"
        limits += f"{as_of} | ana | live | {action} | open | 1_000_000 | 1_000_000\n"

    assert ahead("raised_recently", limits=limits) == expected


def test_of_two_raises_the_first_has_to_leave_the_twelve_months():
    limits = "as_of | user_id | mode | action | line_status | limit_before_cents | limit_cents\n"
    limits += "2025-12-31 | ana | live | raise | open | 1_000_000 | 1_000_000\n"
    limits += "2026-04-30 | ana | live | raise | open | 1_000_000 | 1_000_000\n"
    limits += "2026-09-30 | ana | live | hold  | open | 1_000_000 | 1_000_000\n"

    assert ahead("raised_twice", limits=limits) == 4  # the decision of January sees 2026 only


def test_a_young_line_is_old_enough_in_its_seventh_calendar_month():
    young = ACCOUNT.replace("2024-01-15", "2026-06-30")

    assert ahead("months_on_book", accounts=young) == 3


def activity(rows: str) -> str:
    return f"as_of | user_id | device_hashes | credential_leak_count | login_count\n{rows}"


@pytest.mark.parametrize(
    ("rule", "rows", "expected"),
    [
        ("new_device", "2026-08-31 | ana | [1] | 0 | 4\n2026-09-30 | ana | [1,2] | 0 | 4", 1),
        ("login_data_leaked", "2026-09-30 | ana | [1] | 1 | 4", 3),
        ("login_data_leaked", "2026-08-31 | ana | [1] | 1 | 4", 2),
        ("dormant", "2025-08-31 | ana | [1] | 0 | 4", 1),
        ("no_need", "2026-09-30 | ana | [1] | 0 | 4", 1),
        ("stale_income", "2026-09-30 | ana | [1] | 0 | 4", 1),
    ],
)
def test_what_an_account_shows_ends_when_it_leaves_its_window_or_is_made_good(rule, rows, expected):
    assert ahead(rule, activity=activity(rows)) == expected


def test_a_device_of_many_has_left_the_three_months_when_only_others_are_used():
    rows = "2026-09-30 | ana | [1,2] | 0 | 4"
    shared = "as_of | device_hash | user_count\n2026-09-30 | 1 | 6"

    assert ahead("shared_device", activity=activity(rows), shared_devices=shared) == 3


INSTRUCTED = """
instruction_id | user_id | kind   | amount_cents | recorded_at | effective_from | effective_to
one            | ana     | {kind} | 900_000      | 2026-09-20  | 2026-09-20     | {to}
"""


@pytest.mark.parametrize(
    ("rule", "kind", "to", "expected"),
    [
        ("self_cap", "self_cap", "-", 1),
        ("opted_out", "opt_out", "-", 1),
        ("hardship", "hardship", "2026-12-15", 3),
        ("hardship", "hardship", "-", None),
        ("override_at_most", "override", "2026-10-31", 2),
        ("review_open_no_raise", "review_requested", "-", 1),
    ],
)
def test_own_wishes_are_lifted_and_what_others_instructed_runs_as_recorded(
    rule, kind, to, expected
):
    assert ahead(rule, instructions=INSTRUCTED.format(kind=kind, to=to)) == expected


def test_a_line_unfrozen_now_was_open_before_the_next_decision():
    assert ahead("just_unfrozen") == 1


def test_a_risk_that_stays_low_is_settled_next_month():
    limits = LIMIT.replace("| 3_000 ", "| 39_000 ").replace("| yes ", "| no ")

    # September itself is the first low month: its own row says 3,000, the one before did not.
    assert ahead("pd_not_settled", limits=LIMIT.replace("| yes ", "| no ")) == 1
    assert ahead("pd_not_settled", limits=limits) == 2
    assert ahead("pd_not_settled", limits=limits, pd_ppm=40_000) is None


def test_who_was_declined_applies_again():
    applied = """
    as_of      | user_id | applied_on | segment
    2026-09-30 | ana     | 2026-09-10 | consumer
    """
    declined = """
    as_of      | user_id | mode | action  | line_status | limit_cents
    2026-09-30 | ana     | live | decline | closed      | 0
    """
    rows = activity("2026-09-30 | ana | [1] | 1 | 4")

    found = ahead(
        "login_data_leaked",
        accounts=applied,
        limits=declined,
        credit="as_of | user_id",
        activity=rows,
    )

    assert found == 3


def test_the_most_to_owe_is_found_by_the_rule_itself():
    what = known(credit=CREDIT.replace("400_000", "900_050"))
    guards = [GUARDS["utilisation_high"]]

    edge = balance_edge_cents(ANA, what, scored(), guards)

    assert edge == 850_000  # 85 % of 10,000 yuan, in whole yuan
    assert not fires_at(edge, what, guards)
    assert fires_at(edge + 100, what, guards)


def fires_at(balance_cents: int, what, guards) -> bool:
    owing = ANA.with_columns(balance_end_cents=pl.lit(balance_cents, pl.Int64))
    rows = next(iter(rows_ahead(owing, what, scored(), guards[0].reads)))
    return rows.select(holding(guards)).item()


def test_no_amount_is_told_if_owing_less_does_not_end_the_rule():
    late = known(credit=credit("2026-09-30 1 0 0 2"))

    assert balance_edge_cents(ANA, late, scored(), [GUARDS["late_in_3_months"]]) is None


def row(**given) -> pl.DataFrame:
    """Return what the decision reads of a good customer, with some columns given."""
    written = pl.LazyFrame({"user_id": ["ana"], **{name: [value] for name, value in given.items()}})
    frames = portfolio(written)
    shared = across(frames["features"], frames["lines"], "expert")
    return price(decision_inputs(**frames, terms=terms(), shared=shared), terms()).collect()


def test_the_risk_at_which_a_raise_pays_is_the_highest_at_which_the_economics_choose_one():
    mine = row(pd_ppm=60_000, pd_before_ppm=60_000)

    for code in (NO_PROFITABLE_RAISE, PORTFOLIO_BUDGET):
        edge = paying_risk_ppm(mine, terms(), code)

        assert edge % 1_000 == 0
        around = at_risks(mine, terms(), [edge, edge + 1_000])
        assert worth_raising(around, terms().policy, code).tolist() == [True, False]
    assert edge < paying_risk_ppm(mine, terms(), NO_PROFITABLE_RAISE)


def test_the_risk_at_which_the_price_is_no_longer_capped_is_found_by_the_price():
    mine = row(pd_ppm=400_000, apr_lowest_12m_bps=2_400, apr_highest_12m_bps=2_400)
    guards = [GUARDS["price_cap"]]

    edge = risk_edge_ppm(mine, terms(), guards)

    around = at_risks(mine, terms(), [edge, edge + 1_000]).select(holding(guards))
    assert around.to_series().to_list() == [False, True]


def test_dates_to_act_by_and_what_is_owed_are_told_only_where_there_is_something():
    read = {
        "overdue_end_cents": 30_000,
        "balance_end_cents": 400_000,
        "pd_ppm": 40_000,
        "pd_raise_below_ppm": 36_000,
    }

    found = plain_ways(read, SEPTEMBER)
    nothing = plain_ways({**read, "overdue_end_cents": 0, "pd_ppm": 36_000}, SEPTEMBER)

    assert (found["act_by"], found["next_on"]) == (date(2026, 10, 31), date(2026, 11, 1))
    assert (found["pay_by"], found["arrears_cents"]) == (date(2026, 10, 5), 30_000)
    assert (found["owed_cents"], found["pd_above_ppm"]) == (400_000, 40_000)
    assert [nothing[name] for name in ("pay_by", "arrears_cents", "pd_above_ppm")] == [None] * 3


def test_first_limits_say_which_risk_or_income_they_ask_for():
    applicant = row(line_status_before="applied", limit_before_cents=None, inflow_cents_3m=100_000)

    found = ways_back(
        {"DECLINED_RISK": (), "INCOME_TOO_LOW": ()}, applicant, None, scored(), terms(), SEPTEMBER
    )

    assert found["DECLINED_RISK"]["pd_edge_ppm"] == 60_000
    income = found["INCOME_TOO_LOW"]
    # 30 % of 1,666.67 yuan is the first 500.00.
    assert (income["income_known_cents"], income["income_edge_cents"]) == (100_000, 166_667)


def test_each_reason_gets_the_date_of_its_own_rules():
    what = known(credit=credit("2026-08-31 1 0 0 2", "2026-09-30 0 0 0 0"))
    told = {name: (GUARDS[name],) for name in ("late_in_3_months", "no_need")}

    found = ways_back(told, row(), what, scored(), terms(), SEPTEMBER)

    assert found["late_in_3_months"]["free_on"] == date(2026, 12, 1)
    assert found["no_need"]["free_on"] == date(2026, 11, 1)
