"""Reasons that the system itself gives: their codes, words and ways back, in two languages.

Reasons that the lender gives stand beside their guards in the policy; points lost are worded beside
their features. Every sentence says what is the case, never only that something was not met.
"""

from dataclasses import dataclass

# What says nothing to the person who asks; no sentence of ours or of a policy may contain it.
BANNED_PHRASES = (
    "score too low",
    "score is too low",
    "insufficient score",
    "internal policy",
    "internal standards",
    "does not meet our criteria",
    "do not meet our criteria",
    "did not qualify",
    "other reasons",
    "评分不足",
    "评分过低",
    "评分太低",
    "综合评分",
    "内部政策",
    "内部规定",
    "不符合我们的标准",
    "其他原因",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One code of the system and what the user is told.

    Attributes:
        code: As published in `limits.reasons`.
        says, says_zh: Plain sentence with `{column}` placeholders. Parts in brackets are told
            where their figures are known.
        way_back, way_back_zh: What would have to change; empty if the user can do nothing. May
            name `transforms.policies.guards.WAY_BACK` too.
    """

    code: str
    says: str
    says_zh: str
    way_back: str = ""
    way_back_zh: str = ""


SYSTEM_REASONS: tuple[Reason, ...] = (
    Reason(
        code="RAISE_EARNED",
        says="You use your line and repay it; no rule stood against a higher limit.",
        says_zh="您正常使用并按时还款，没有规则限制提额。",
    ),
    Reason(
        code="GRANTED",
        says="What is known of your income and of how you pay supports a first limit.",
        says_zh="您的收入和还款情况支持首次授信。",
    ),
    Reason(
        code="DECLINED_RISK",
        says="The estimated risk of default within 12 months is {pd_ppm}, above what a first limit "
        "allows.",
        says_zh="预估未来12个月的违约风险为{pd_ppm}，高于首次授信允许的水平。",
        way_back="Improve what cost most points, and apply again[: the estimated risk has to fall "
        "from {pd_ppm} to {pd_edge_ppm} or less].",
        way_back_zh="请改善失分最多的项目后重新申请[，预估风险需由{pd_ppm}降至{pd_edge_ppm}或以下]。",
    ),
    Reason(
        code="INCOME_TOO_LOW",
        says="The share of your monthly income that we lend lies below the smallest limit.",
        says_zh="按您的月收入计算的可授信金额低于最低额度。",
        way_back="Send proof of further income, and apply again[: the smallest limit needs "
        "{income_edge_cents} a month instead of {income_known_cents}].",
        way_back_zh="请提供其他收入证明后重新申请[，最低额度要求月收入由{income_known_cents}提高至{income_edge_cents}或以上]。",
    ),
    Reason(
        code="PORTFOLIO_BUDGET",
        says="The lender's budget for increases did not reach your line this month.",
        says_zh="本月的提额预算未能覆盖您的账户。",
        way_back="Every line is looked at again[ on {next_on}| at the next review].[ At an "
        "estimated risk of {pd_edge_ppm} or less instead of {pd_ppm}, this month's budget would "
        "have sufficed.]",
        way_back_zh="[{next_on}|下次]评估时会再次考虑。"
        "[若预估风险由{pd_ppm}降至{pd_edge_ppm}或以下，本月的预算即可满足。]",
    ),
    Reason(
        code="NO_PROFITABLE_RAISE",
        says="[At an annual rate of {apr_bps} and an estimated risk of {pd_ppm}, a|A] higher limit "
        "would cost the lender more than it earns.",
        says_zh="[按{apr_bps}的年利率和{pd_ppm}的预估风险，]提额的成本高于收益。",
        way_back="[Keep paying on time: at an estimated risk of {pd_edge_ppm} or less instead of "
        "{pd_ppm}, a higher limit would earn more than it costs.]",
        way_back_zh="[请保持按时还款：预估风险由{pd_ppm}降至{pd_edge_ppm}或以下时，提额的收益将高于成本。]",
    ),
    Reason(
        code="PRICE_CAP",
        says="At {apr_bps}, the highest annual rate that the law allows, a higher limit would not "
        "pay for its risk.",
        says_zh="在法规允许的最高年利率{apr_bps}下，提额无法覆盖其风险。",
        way_back="Keep paying on time, so that the estimated risk falls.",
        way_back_zh="请保持按时还款，使预估风险下降。",
    ),
    Reason(
        code="NO_LARGER_STEP",
        says="[A step leads from {limit_before_cents} to {top_step_cents} at most, and a limit "
        "changes by {least_change_cents} or more.|The steps from this limit are smaller than the "
        "least by which a limit changes.]",
        says_zh="[额度由{limit_before_cents}最多可调至{top_step_cents}，而每次至少调整{least_change_cents}。|"
        "该额度的可调幅度小于每次调整的最低金额。]",
    ),
    Reason(
        code="NO_RISK_REASON_TO_LOWER",
        says="Nothing in your conduct gives a reason to lower the limit.",
        says_zh="您的表现没有构成降低额度的理由。",
    ),
    Reason(
        code="FREEZE_ENDED",
        says="What had frozen your line is no longer the case, so you can draw on it again.",
        says_zh="导致额度冻结的情况已消除，额度已恢复使用。",
    ),
    Reason(
        code="LINE_CLOSED",
        says="Your line is closed; {balance_end_cents} is still owed.",
        says_zh="您的额度已关闭，尚欠{balance_end_cents}。",
        way_back="[Repay the {owed_cents} that is owed; after that you|You] may apply for a new "
        "line.",
        way_back_zh="[请还清欠款{owed_cents}，之后|您]可重新申请额度。",
    ),
    Reason(
        code="UNKNOWN_LIMIT",
        says="We have no record of the limit in force on your line, so nothing was decided.",
        says_zh="我们没有您当前额度的记录，因此本月未作决定。",
        way_back="Ask us to correct our records; the line is looked at again[ on {next_on}| next "
        "month].",
        way_back_zh="请联系我们核对记录，[{next_on}|下月]将重新评估。",
    ),
    Reason(
        code="UNKNOWN_BALANCE",
        says="We have no record of what was owed at the end of the month, so nothing was decided.",
        says_zh="我们没有您月末欠款的记录，因此本月未作决定。",
        way_back="Ask us to correct our records; the line is looked at again[ on {next_on}| next "
        "month].",
        way_back_zh="请联系我们核对记录，[{next_on}|下月]将重新评估。",
    ),
    Reason(
        code="UNKNOWN_ACCOUNT",
        says="Your account is missing in this month's records, so nothing was decided.",
        says_zh="本月记录中缺少您的账户信息，因此未作决定。",
        way_back="Ask us to correct our records; the line is looked at again[ on {next_on}| next "
        "month].",
        way_back_zh="请联系我们核对记录，[{next_on}|下月]将重新评估。",
    ),
    Reason(
        code="HELD_BY_HAND",
        says="This month's limits were all left unchanged while the records were being checked.",
        says_zh="本月因数据核查，所有额度均保持不变。",
        way_back="Nothing has to change; every line is looked at again[ on {next_on}| next month].",
        way_back_zh="您无需做任何改变，[{next_on}|下月]将重新评估。",
    ),
)

SYSTEM_REASON: dict[str, Reason] = {reason.code: reason for reason in SYSTEM_REASONS}
