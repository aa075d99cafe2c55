"""A decision in words: the user's own figures, in English and Chinese."""

import re
from datetime import date
from pathlib import Path

import pytest

from transforms.deciding import decision_reasons, first_limits, removal
from transforms.deciding.lines import UNDECIDABLE
from transforms.deciding.reasons import BANNED_PHRASES, SYSTEM_REASON, SYSTEM_REASONS
from transforms.deciding.terms import guard_columns
from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.features.catalogue import CATALOGUE
from transforms.figures import figure, filled_in, has_sound_brackets, money, with_known_parts
from transforms.policies.guards import WAY_BACK
from transforms.policies.policy import policy_of
from transforms.tables.decided import ACTIONS, DECISIONS
from transforms.tables.logs import DIMENSIONS
from transforms.telling.explanations import STEPS, explanation, require_words

FOLDER = Path(__file__).parents[2] / "policies"
POLICIES = [
    (declared, policy_of(declared, guard_columns()))
    for declared in (
        Declared(path.read_text("utf-8"), path.name) for path in sorted(FOLDER.glob("*.toml"))
    )
]
DECLARED, POLICY = POLICIES[0]
HELD = {
    "user_id": "ana",
    "as_of": date(2026, 9, 30),
    "action": "hold",
    "line_status": "open",
    "limit_before_cents": 1_200_000,
    "limit_cents": 1_200_000,
    "balance_end_cents": 345_050,
    "apr_bps": 1100,
    "apr_before_bps": 1100,
    "pd_ppm": 23_400,
    "reasons": ["late_in_3_months"],
    "effective_on": date(2026, 10, 1),
    "next_review_on": date(2026, 11, 1),
}
FACTS = {"late_count_3m": 2, "consent_social": True}


def told(decided=None, facts=None, language="en", supplied=DIMENSIONS, policy=POLICY):
    return explanation(
        HELD | (decided or {}), FACTS | (facts or {}), policy, supplied, "CNY", language
    )


@pytest.mark.parametrize(
    ("mode", "action", "headline", "note"),
    [
        (
            "indicative",
            "grant",
            "A first limit could be CNY 12,000. This is indicative: no credit line exists.",
            "This lender has no credit lines",
        ),
        ("indicative", "decline", "No first limit could be granted.", "This lender has no credit"),
        ("shadow", "hold", "Your limit stays at CNY 12,000.", "The lender does not follow this"),
    ],
)
def test_a_limit_that_is_not_in_force_says_so(mode, action, headline, note):
    found = told({"mode": mode, "action": action})

    assert found.headline.startswith(headline)
    assert found.notes[0].startswith(note)
    assert told({"mode": mode, "action": action}, language="zh").notes[0] != found.notes[0]
    assert told({"mode": "live"}).notes == ()


LATE_WAY = {
    "arrears_cents": 30_000,
    "pay_by": date(2026, 10, 5),
    "free_on": date(2027, 2, 1),
}


def test_a_held_limit_says_why_and_what_would_have_to_change():
    found = told(facts={"ways_back": {"late_in_3_months": LATE_WAY}})

    assert found.headline == "Your limit stays at CNY 12,000."
    assert found.price == "New drawdowns cost 11 % a year."
    assert found.reasons[0].says == "2 of your payments in the last 3 months were late."
    assert found.reasons[0].way_back == (
        "Pay the CNY 300 that is overdue by 2026-10-05. Pay every instalment by its due date: then "
        "none counts as late from 2027-02-01."
    )
    assert found.points_lost == ()
    assert found.notes == ()
    assert found.next_review == "The next review is on 2026-11-01."


def test_the_same_in_chinese():
    found = told(facts={"ways_back": {"late_in_3_months": LATE_WAY}}, language="zh")

    assert found.headline == "您的额度保持12,000元不变。"
    assert found.price == "新用款的年化利率为11%。"
    assert found.reasons[0].says == "最近3个月内您有2笔还款逾期。"
    assert found.reasons[0].way_back == (
        "请于2026年10月5日前还清逾期的300元。请按时偿还每笔款项，自2027年2月1日起将不再有逾期计入。"
    )
    assert found.next_review == "下次评估日期为2026年11月1日。"


def test_a_budget_that_is_one_of_several_reasons_does_not_say_that_nothing_else_stood_against():
    way = {"PORTFOLIO_BUDGET": {"next_on": date(2026, 11, 1)}}

    for language in ("en", "zh"):
        found = told(
            {"reasons": ["late_in_3_months", "PORTFOLIO_BUDGET"]}, {"ways_back": way}, language
        )
        said = found.reasons[1].says + found.reasons[1].way_back
        assert not re.search("would have allowed|[Nn]othing has to|符合提额|无需", said)
    assert told({"reasons": ["PORTFOLIO_BUDGET"]}, {"ways_back": way}).reasons[0].way_back == (
        "Every line is looked at again on 2026-11-01."
    )


@pytest.mark.parametrize(
    ("mode", "is_told", "because"),
    [
        ("live", False, "a declined application is not looked at again"),
        ("indicative", True, "every month everybody applies anew"),
    ],
)
def test_a_review_is_promised_only_where_there_is_one(mode, is_told, because):
    declined = {"action": "decline", "line_status": "closed", "mode": mode}

    assert bool(told(declined).next_review) is is_told, because


@pytest.mark.parametrize(
    ("on", "told_on", "because"),
    [
        (
            date(2027, 10, 1),
            "2026-11-01",
            "a yearly review does not keep the monthly decision away",
        ),
        (date(2026, 10, 31), "2026-10-31", "a freeze ends before the next month does"),
    ],
)
def test_a_line_is_looked_at_again_on_the_next_decision(on, told_on, because):
    found = told({"next_review_on": on})

    assert found.next_review == f"The next review is on {told_on}.", because


def test_a_limit_too_small_for_any_step_says_so_with_its_figures():
    small = {"reasons": ["NO_LARGER_STEP"], "limit_before_cents": 130_000}

    # 1,300 and 30 % are 1,690, rounded down to 1,600, which is less than 500 away.
    assert told(small, {"highest_step_cents": 169_000}).reasons[0].says == (
        "A step leads from CNY 1,300 to CNY 1,600 at most, and a limit changes by CNY 500 or more."
    )
    assert told(small, {"highest_step_cents": 169_000}, "zh").reasons[0].says == (
        "额度由1,300元最多可调至1,600元，而每次至少调整500元。"
    )


def test_what_is_not_known_of_a_way_back_is_left_out():
    assert told().reasons[0].way_back == "Pay every instalment by its due date."
    assert told(language="zh").reasons[0].way_back == "请按时偿还每笔款项。"


UNPROFITABLE = {"reasons": ["NO_PROFITABLE_RAISE"], "pd_ppm": 44_300}


def test_where_no_risk_makes_a_raise_pay_there_is_no_way_back():
    edge = {"NO_PROFITABLE_RAISE": {"pd_edge_ppm": 33_000}}

    assert told(UNPROFITABLE).reasons[0].way_back == ""
    assert told(UNPROFITABLE, {"ways_back": edge}).reasons[0].way_back == (
        "Keep paying on time: at an estimated risk of 3.3 % or less instead of 4.4 %, a higher "
        "limit would earn more than it costs."
    )


@pytest.mark.parametrize(
    ("decided", "headline"),
    [
        (
            {"action": "raise", "limit_cents": 1_400_000},
            "Your limit rises from CNY 12,000 to CNY 14,000 on 2026-10-01.",
        ),
        (
            {"action": "lower", "limit_cents": 900_000},
            "Your limit falls from CNY 12,000 to CNY 9,000 on 2026-10-01.",
        ),
        (
            {"action": "lower", "limit_cents": 900_000, "line_status": "frozen"},
            "Your limit falls from CNY 12,000 to CNY 9,000 on 2026-10-01. "
            "Nothing can be drawn for now.",
        ),
        (
            {"action": "close", "limit_cents": 0, "line_status": "closed"},
            "Your line is closed; CNY 3,450.50 is owed.",
        ),
        (
            {"action": "hold", "limit_cents": 0, "line_status": "closed"},
            "Your line stays closed; CNY 3,450.50 is owed.",
        ),
        ({"action": None, "limit_cents": None}, "No decision could be made this month."),
    ],
)
def test_the_headline_says_what_was_decided_with_its_amounts(decided, headline):
    assert told(decided).headline == headline


def test_a_changed_price_is_told_beside_the_old_one():
    found = told({"apr_bps": 1250, "apr_before_bps": 1100})

    assert found.price == "New drawdowns cost 12.5 % a year instead of 11 %."


def test_what_cost_most_points_is_told_where_the_score_is_the_reason():
    lost = [
        {"feature": "late_count_12m", "points": -20, "points_lost": 30},
        {"feature": "income_inflow_months_6m", "points": 1, "points_lost": 9},
        {"feature": "utilisation", "points": -5, "points_lost": 8},
        {"feature": "dpd_end_days", "points": -2, "points_lost": 4},
        {"feature": "active_days_3m", "points": 0, "points_lost": 2},
        {"feature": "night_login_ratio_3m", "points": 1, "points_lost": 0},
    ]
    known = {"late_count_12m": 3, "utilisation": 0.8, "dpd_end_days": 12, "active_days_3m": 4}

    found = told({"reasons": ["pd_above_cut"]}, known | {"contributions": lost})

    assert found.points_lost == (
        "3 of your payments were late in the last 12 months.",
        "You were using 80 % of your limit at the end of the month.",
        "You were 12 days past due at the end of the month.",
    )


def test_what_cost_most_points_is_told_where_a_run_recorded_the_risk():
    lost = {"contributions": [{"feature": "late_count_12m", "points": -20, "points_lost": 30}]}

    found = told({"reasons": ["soft_trigger_twice"]}, {"late_count_12m": 3} | lost)

    assert found.points_lost == ("3 of your payments were late in the last 12 months.",)


def test_a_feature_can_be_the_reason_itself():
    found = told({"reasons": ["utilisation"], "action": "decline"}, {"utilisation": 0.8})

    assert found.reasons[0].says == "You were using 80 % of your limit at the end of the month."


def test_data_that_was_not_used_is_neutral_and_the_explanation_says_why():
    without_consent = told(facts={"consent_social": False})
    without_source = told(facts={"consent_social": False}, supplied=("credit_history",))

    assert [note[:62] for note in without_consent.notes] == [
        "No social data was used: you gave no consent. That is neither "
    ]
    assert [note.partition(":")[0] for note in without_source.notes] == [
        "No spending data was used",
        "No account activity data was used",
        "No social data was used",
    ]
    assert "this lender supplies none" in without_source.notes[2]


def test_of_guards_with_one_reason_the_one_that_decided_is_told():
    found = told({"reasons": ["override"], "deciding_guards": ["override_at_least"]})

    assert found.reasons[0].says == "An officer set your limit to unknown."


def test_a_reason_without_words_is_an_error_not_a_blank():
    with pytest.raises(RefusedError, match="'late_in_3_month' of user 'ana'.*'late_in_3_months'"):
        told({"reasons": ["late_in_3_month"]})


def test_an_unknown_language_is_refused():
    with pytest.raises(RefusedError, match="No words in language 'fr'. Allowed: en, zh"):
        told(language="fr")


def system_codes() -> set[str]:
    """Every code in capitals that the modules which decide can give."""
    found = {code.upper() for code in UNDECIDABLE}
    for module in (decision_reasons, first_limits, removal):
        found |= {
            value
            for value in vars(module).values()
            if isinstance(value, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)+", value)
        }
    return found


def test_the_system_can_give_these_codes_and_has_words_for_each():
    assert {"PORTFOLIO_BUDGET", "NO_PROFITABLE_RAISE", "RAISE_EARNED"} <= system_codes()
    assert system_codes() <= set(SYSTEM_REASON)


@pytest.mark.parametrize("reason", SYSTEM_REASON.values(), ids=lambda reason: reason.code)
def test_a_reason_of_the_system_says_nothing_of_other_users(reason):
    """A line's reason holds by its own removal, also in a month in which nobody is raised."""
    assert "other lines" not in reason.says
    assert "其他用户" not in reason.says_zh


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("declared", "policy"), POLICIES, ids=lambda item: str(item)[:20])
def test_every_code_that_can_be_given_has_a_sentence_in_both_languages(declared, policy, language):
    codes = [guard.reason for guard in policy.guards] + list(SYSTEM_REASON)
    codes += [feature.name for feature in CATALOGUE]

    found = told({"reasons": codes}, language=language, policy=policy)

    assert [reason.code for reason in found.reasons] == codes
    for reason in found.reasons:
        assert len(reason.says) > 5, reason.code
        assert not re.search(r"[{}\[\]|]", reason.says + reason.way_back), reason.code
        assert bool(re.search(r"[一-鿿]", reason.says)) is (language == "zh"), reason.code


A_WAY = {
    "act_by": date(2026, 10, 31),
    "next_on": date(2026, 11, 1),
    "free_on": date(2026, 12, 1),
    "pay_by": date(2026, 10, 5),
    "arrears_cents": 30_000,
    "owed_cents": 345_050,
    "balance_edge_cents": 300_000,
    "pd_above_ppm": 44_300,
    "pd_edge_ppm": 33_000,
    "income_known_cents": 100_000,
    "income_edge_cents": 166_700,
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("declared", "policy"), POLICIES, ids=lambda item: str(item)[:20])
def test_a_way_back_whose_figures_are_known_tells_a_date_an_amount_or_a_level(
    declared, policy, language
):
    ways = {**{guard.reason: guard for guard in policy.guards}, **SYSTEM_REASON}
    ways = {code: said for code, said in ways.items() if said.way_back}
    facts = {"pd_raise_below_ppm": 36_000, "ways_back": dict.fromkeys(ways, A_WAY)}

    found = told({"reasons": list(ways), "pd_ppm": 44_300}, facts, language, policy=policy)

    assert set(A_WAY) == set(WAY_BACK)
    for reason in found.reasons:
        assert not re.search(r"[{}\[\]|]|unknown|未知", reason.way_back), reason.code
    general = {reason.code for reason in found.reasons if not re.search(r"\d", reason.way_back)}
    # Nothing is known of when these end, or of what they would take.
    assert general <= {"line_closed", "no_score", "bureau_score_low", "PRICE_CAP"}


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ("Wait[ until {day}].", {"day": date(2026, 12, 1)}, "Wait until 2026-12-01."),
        ("Wait[ until {day}].", {"day": None}, "Wait."),
        ("Wait[ until {day}| a while].", {}, "Wait a while."),
        ("[From {x_cents} ]to[ {y_cents}].", {"x_cents": 100}, "From CNY 1 to."),
        ("[{x_cents} of {y_cents}]", {"x_cents": 100}, ""),
    ],
)
def test_a_part_in_brackets_is_told_where_its_figures_are_known(text, values, told):
    assert filled_in(with_known_parts(text, values), values, {}, "CNY", "en") == told


def test_two_risks_that_differ_never_read_the_same():
    text = "From {pd_ppm} to {pd_edge_ppm}."

    def said(**values):
        return filled_in(text, values, {}, "CNY", "en")

    assert said(pd_ppm=44_300, pd_edge_ppm=36_000) == "From 4.4 % to 3.6 %."
    assert said(pd_ppm=36_040, pd_edge_ppm=36_000) == "From 3.604 % to 3.6 %."
    assert said(pd_ppm=36_000, pd_edge_ppm=36_000) == "From 3.6 % to 3.6 %."


@pytest.mark.parametrize("action", [*ACTIONS, None])
def test_every_action_has_a_headline_in_both_languages(action):
    english = told({"action": action}).headline
    chinese = told({"action": action}, language="zh").headline

    assert english.endswith(".") and "{" not in english
    assert chinese.endswith("。") and "{" not in chinese


def test_placeholders_of_the_system_name_declared_columns():
    columns = {*guard_columns(), *DECISIONS.schema, *STEPS}

    for reason in SYSTEM_REASONS:
        for text in (reason.says, reason.says_zh):
            assert set(re.findall(r"\{(\w+)\}", text)) <= columns, reason.code
        for text in (reason.way_back, reason.way_back_zh):
            assert set(re.findall(r"\{(\w+)\}", text)) <= columns | set(WAY_BACK), reason.code
            assert has_sound_brackets(text), reason.code


def test_no_sentence_is_empty_talk():
    texts = [
        text for r in SYSTEM_REASONS for text in (r.says, r.says_zh, r.way_back, r.way_back_zh)
    ]
    texts += [text for f in CATALOGUE for text in (f.reason_en, f.reason_zh)]

    assert [(t, p) for t in texts for p in BANNED_PHRASES if p in t.lower()] == []
    for declared, policy in POLICIES:
        require_words(declared, policy)


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        (
            'says = "The line was closed."',
            'says = "Your score is too low."',
            "'score is too low' tells the user nothing",
        ),
        (
            '"PRICE_CAP"',
            '"PRICE_CUP"',
            "'PRICE_CUP' is no reason of the system. Did you mean 'PRIC",
        ),
        ('reason = "stage_2"', 'reason = "utilisation"', "'utilisation' is the name of a feature"),
    ],
)
def test_a_policy_with_empty_talk_or_unknown_codes_is_refused_with_its_line(
    written, instead, message
):
    assert DECLARED.text.count(written) >= 1
    wrong = Declared(DECLARED.text.replace(written, instead, 1), "policies/x.toml")

    with pytest.raises(RefusedError, match=rf"policies/x.toml line \d+: {message}"):
        require_words(wrong, policy_of(wrong, guard_columns()))


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese"),
    [
        (123_400, "cents", "CNY 1,234", "1,234元"),
        (123_405, "cents", "CNY 1,234.05", "1,234.05元"),
        (-50, "cents", "CNY -0.50", "-0.50元"),
        (1250, "bps", "12.5 %", "12.5%"),
        (1201, "bps", "12.01 %", "12.01%"),
        (12_340, "ppm", "1.2 %", "1.2%"),
        (420, "ppm", "0.04 %", "0.04%"),
        (0, "ppm", "0 %", "0%"),
        (0.45, "ratio", "45 %", "45%"),
        (0.998, "ratio", "99.8 %", "99.8%"),
        (1.0, "ratio", "100 %", "100%"),
        (30, "days", "30", "30"),
        (12_345, "count", "12,345", "12,345"),
        (True, "", "yes", "是"),
        (date(2026, 10, 1), "", "2026-10-01", "2026年10月1日"),
        (None, "cents", "unknown", "未知"),
    ],
)
def test_a_figure_reads_as_people_write_it(value, unit, english, chinese):
    assert figure(value, unit, "CNY", "en") == english
    assert figure(value, unit, "CNY", "zh") == chinese


def test_large_amounts_are_exact():
    assert money(9_007_199_254_740_993, "CNY", "en") == "CNY 90,071,992,547,409.93"
    assert money(150_000, "TWD", "zh") == "新台币1,500元"


def test_a_placeholder_takes_its_unit_from_the_columns_name_and_says_it_once():
    values = {"limit_cents": 500_000, "utilisation": 0.5, "late_count_3m": 1}

    english = filled_in(
        "{late_count_3m} payments, {utilisation} of {limit_cents}.", values, {}, "CNY", "en"
    )

    assert english == "1 payment, 50 % of CNY 5,000."
    assert filled_in("逾期{limit_cents}元", values, {}, "CNY", "zh") == "逾期5,000元"


@pytest.mark.parametrize(
    ("many", "one"),
    [
        (
            "{n} of your payments in the last 3 months were late.",
            "1 of your payments in the last 3 months was late.",
        ),
        (
            "There were {n} complaints in the last 3 months.",
            "There was 1 complaint in the last 3 months.",
        ),
        ("You used {n} new devices this month.", "You used 1 new device this month."),
        (
            "You made {n} repayments in the last 12 months.",
            "You made 1 repayment in the last 12 months.",
        ),
        ("{n} days past due; 11 days before.", "1 day past due; 11 days before."),
    ],
)
def test_words_agree_with_a_one(many, one):
    assert filled_in(many, {"n": 1}, {}, "CNY", "en") == one
    assert filled_in(many, {"n": 21}, {}, "CNY", "en") == many.replace("{n}", "21")
