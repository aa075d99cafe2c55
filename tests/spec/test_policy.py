"""What a policy file may say, and how a wrong one is refused before anything runs."""

from datetime import date

import pytest

from tests.deciding import SHIPPED, declared, policy
from transforms.deciding.terms import guard_columns
from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.policies.policy import in_force, policy_of


def test_the_shipped_policy_is_read_whole():
    read = policy()

    assert read.version == "1990-01-01"
    assert read.late_months == 3
    assert len(read.guards) == SHIPPED.read_text("utf-8").count("[[guard]]")
    assert read.segments["consumer"].pd_raise_below_ppm == 36_000
    assert read.segments["consumer"].pd_lost_above_ppm == 44_000


def test_odds_rise_with_the_fourth_root_of_the_limit_and_never_fall():
    segments = policy().segments.values()

    for rules in segments:
        expected = [round(1_000_000 * max(1, 1 + bps / 10_000) ** 0.25) for bps in rules.ladder_bps]
        assert list(rules.odds_factor_ppm) == expected


def test_each_reason_is_worded_in_both_languages():
    for guard in policy().guards:
        assert guard.says.endswith(".")
        assert guard.says_zh.endswith("。")


@pytest.mark.parametrize(
    ("written", "instead", "line_of", "message"),
    [
        (
            "late_months = 3",
            "late_month = 3",
            "late_months = 3",
            "unknown key 'late_month' in the file. Did you mean 'late_months'?",
        ),
        (
            "[: as recorded, it no longer counts from {free_on}].",
            "[: as recorded, it no longer counts from {free_at}].",
            'way_back = "The arrangement has to end first',
            "{free_at} in way_back is no column. Did you mean 'free_on'?",
        ),
        (
            "[: as recorded, it no longer counts from {free_on}].",
            "[: as recorded, it no longer counts from {free_on}.",
            'way_back = "The arrangement has to end first',
            "way_back of 'hardship': brackets do not match.",
        ),
        (
            'says = "You are in a hardship arrangement with us."',
            'says = "You are in a hardship arrangement until {free_on}."',
            'says = "You are in a hardship',
            "{free_on} in says is no column.",
        ),
        (
            "late_months = 3",
            "late_months = -1",
            "late_months = 3",
            "late_months must be a whole number, 0 to 12.",
        ),
        (
            'when = "dpd_end_days > 30"',
            'when = "dpd_end_day > 30"',
            'when = "dpd_end_days > 30"',
            "no column 'dpd_end_day'. Did you mean 'dpd_end_days'?",
        ),
        (
            'when = "dpd_end_days > 30"',
            'when = "dpd_end_days >"',
            'when = "dpd_end_days > 30"',
            "'dpd_end_days >' is no SQL",
        ),
        (
            'when = "dpd_end_days > 30"',
            'when = "dpd_end_days + 30"',
            'when = "dpd_end_days > 30"',
            "is Int32, not true or false. Compare it with something.",
        ),
        (
            'when = "dpd_end_days > 30"',
            "when = \"region > 30 or region = 'x'\"",
            'when = "dpd_end_days > 30"',
            "cannot be computed",
        ),
        (
            'when = "dpd_end_days > 30"',
            'when = "max(dpd_end_days) > 30"',
            'when = "dpd_end_days > 30"',
            "function 'max' is not allowed here.",
        ),
        (
            'when = "dpd_end_days > 30"',
            'when = "opened_on > current_date"',
            'when = "dpd_end_days > 30"',
            "'current_date' reads a clock. Use a declared column.",
        ),
        (
            'amount = "limit_before_cents * 8 // 10"',
            'amount = "limit_before_cents * 0.8"',
            'amount = "limit_before_cents * 8 // 10"',
            "an amount is whole cents. Divide with // and multiply by integers.",
        ),
        (
            'amount = "limit_before_cents * 8 // 10"\n',
            "",
            'name = "soft_trigger_twice"',
            "guard 'soft_trigger_twice': at_most lacks its amount.",
        ),
        (
            'name = "stage_2"',
            'name = "late_in_3_months"',
            'name = "stage_2"',
            "guard 'late_in_3_months' is already declared on line",
        ),
        (
            'effect = "close"\nclass = "customer"',
            'effect = "close"\nclass = "costumer"',
            'effect = "close"\nclass = "customer"',
            "unknown class 'costumer'. Did you mean 'customer'?",
        ),
        (
            'effect = "close"\nclass = "customer"',
            'effect = "close"\nclass = "risk"',
            'effect = "close"\nclass = "customer"',
            "a line closes by law or by the customer's wish only: legal, customer.",
        ),
        (
            'effect = "close"\nclass = "customer"',
            'effect = "clos"\nclass = "customer"',
            'effect = "close"\nclass = "customer"',
            "unknown effect 'clos'. Did you mean 'close'?",
        ),
        (
            'says = "The line was closed."',
            'says = ""',
            'says = "The line was closed."',
            "says of 'line_closed' is empty. Write it.",
        ),
        (
            'says = "The line was closed."',
            'says = "Closed with {balance_cents}."',
            'says = "The line was closed."',
            "{balance_cents} in says is no column.",
        ),
        (
            'way_back_zh = "可重新申请额度。"\n',
            "",
            'name = "line_closed"',
            "way_back of 'line_closed' is given in one language only.",
        ),
        (
            'when = "dpd_end_days > 30"',
            'when = "bureau_score_points < 400"',
            'when = "dpd_end_days > 30"',
            'only a first limit may read bureau_score_points. Add applies_to = "first_limit".',
        ),
        (
            "[-5_000, -3_000, -2_000, -1_000, 0, 1_000, 2_000, 3_000]",
            "[-5_000, -3_000, -2_000, -1_000, 1, 1_000, 2_000, 3_000]",
            "ladder_bps      = [-5_000, -3_000, -2_000, -1_000, 0, 1_000, 2_000, 3_000]",
            "must ascend from above -10000 and contain 0, which holds.",
        ),
        (
            "[-5_000, -3_000, -2_000, -1_000, 0, 1_000, 2_000, 3_000]",
            "[-5_000, -3_000, -2_000, -1_000, 0, 2_000, 1_000, 3_000]",
            "ladder_bps      = [-5_000, -3_000, -2_000, -1_000, 0, 1_000, 2_000, 3_000]",
            "must ascend from above -10000 and contain 0, which holds.",
        ),
        (
            "1_024_114, 1_046_635, 1_067_790]",
            "1_024_114, 1_046_635, 967_790]",
            "odds_factor_ppm = [",
            "A higher limit never lowers risk.",
        ),
        (
            "lgd_bps = 7_500",
            "lgd_bps = 75_000",
            "lgd_bps = 7_500",
            "lgd_bps = 75000 is not a whole number from 0 to 10000.",
        ),
        (
            "starter_cents = 300_000",
            "starter_cents = 30_000",
            "starter_cents = 300_000",
            "the starter limit must lie between the floor 50000 and the cap 20000000.",
        ),
        (
            'evidence = ["income_evidence_cents", "inflow_cents_3m"]',
            'evidence = ["income_evidence_cents", "inflow_cents"]',
            "evidence = [",
            "no column 'inflow_cents'. Did you mean",
        ),
    ],
)
def test_a_wrong_policy_is_refused_with_file_line_and_nearest_name(
    written, instead, line_of, message
):
    text = SHIPPED.read_text("utf-8")
    line = text[: text.index(line_of)].count("\n") + 1

    with pytest.raises(RefusedError) as refused:
        policy(written, instead)

    assert message in str(refused.value)
    found = int(str(refused.value).split(" line ")[1].split(":")[0])
    assert str(refused.value).startswith("policies/1990-01-01.toml line ")
    assert abs(found - line) <= 1  # a missing key is told at the header of its table


def test_a_floor_above_a_cap_of_the_same_class_is_refused():
    guards = "".join(
        f"""
[[guard]]
name = "{name}"
when = "true"
effect = "{effect}"
amount = "{cents}"
class = "legal"
reason = "x"
says = "x."
says_zh = "x。"
"""
        for name, effect, cents in (("least", "at_least", 2_000), ("most", "at_most", 1_000))
    )
    text = declared().text + guards

    with pytest.raises(RefusedError) as refused:
        policy_of(Declared(text, "p.toml"), guard_columns())

    assert str(refused.value).endswith(
        "'least' keeps the limit at 2000 cents or more, 'most' at 1000 cents or less, both of "
        "class legal. Correct one."
    )


class TestInForce:
    def of(self, *days: str):
        return [policy("effective_from = 1990-01-01", f"effective_from = {day}") for day in days]

    def test_the_latest_policy_begun_on_the_decision_date_holds(self):
        dated = self.of("2026-01-01", "2026-10-01", "2026-10-02")

        assert in_force(dated, date(2026, 10, 1)).version == "2026-10-01"

    def test_before_the_first_policy_nothing_can_be_decided(self):
        with pytest.raises(RefusedError) as refused:
            in_force(self.of("2026-01-01"), date(2025, 12, 31))

        assert str(refused.value) == (
            "No policy is in force on 2025-12-31: the first begins on 2026-01-01. "
            "Add one with an earlier effective_from."
        )

    def test_two_policies_of_one_day_are_refused(self):
        with pytest.raises(RefusedError, match="2 times policy begins on 2026-01-01"):
            in_force(self.of("2026-01-01", "2026-01-01"), date(2026, 2, 1))
