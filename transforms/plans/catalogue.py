"""The plans that are tried for each user whose limit was not raised: each declared once."""

from dataclasses import dataclass

MONTHS = 6  # a plan that does not lead to a raise within these is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a user does every month. Whatever it is, all that falls due is paid by its date.

    Attributes:
        name: Identity.
        says, says_zh: What to do, to the user; `{ceiling}` is the amount of `ceiling_percent`.
        draws: `usual`, as in the months before; `none`; or `some`, a tenth of the limit.
        repays_as_usual: At least what was repaid in the months before.
        repaid_percent: Of what is owed when the month begins, at least this is repaid in it.
        ceiling_percent: Of the limit; never more than this is owed from the first month's end on.
        asks: A higher limit is asked for in the first month.
        logs_in: The account is used: logins on four days of each month at least.
    """

    name: str
    says: str
    says_zh: str
    draws: str = "none"
    repays_as_usual: bool = False
    repaid_percent: int = 0
    ceiling_percent: int = 100
    asks: bool = False
    logs_in: bool = False


def _below(percent: int) -> Plan:
    return Plan(
        name=f"below_{percent}_percent",
        says=f"Bring what you owe down to {percent} % of your limit, {{ceiling}}, this month, and "
        "owe no more than that later.",
        says_zh=f"本月将欠款降至额度的{percent}%，即{{ceiling}}，此后不超过该金额。",
        draws="usual",
        repays_as_usual=True,
        ceiling_percent=percent,
    )


# The least demanding first: of two plans that take as long, the earlier one is proposed.
PLANS: tuple[Plan, ...] = (
    Plan(
        name="go_on",
        says="Go on as in the last months.",
        says_zh="保持最近几个月的用款和还款习惯。",
        draws="usual",
        repays_as_usual=True,
    ),
    Plan(
        name="ask",
        says="Ask for a higher limit this month, and go on as in the last months.",
        says_zh="本月提出提额申请，并保持最近几个月的用款和还款习惯。",
        draws="usual",
        repays_as_usual=True,
        asks=True,
    ),
    Plan(
        name="use",
        says="Log in every week, draw a tenth of your limit each month and pay it back in time.",
        says_zh="每周登录，每月使用额度的十分之一并按时归还。",
        draws="some",
        logs_in=True,
    ),
    Plan(
        name="draw_nothing",
        says="Draw nothing new.",
        says_zh="不再新增用款。",
    ),
    *(_below(percent) for percent in (70, 50, 30)),
    Plan(
        name="repay_a_quarter",
        says="Repay a quarter of what you owe each month, and draw nothing new.",
        says_zh="每月归还欠款的四分之一，且不再新增用款。",
        repaid_percent=25,
    ),
    Plan(
        name="repay_in_full",
        says="Repay each month all that you owe when it begins.",
        says_zh="每月还清月初的全部欠款。",
        draws="usual",
        repaid_percent=100,
    ),
)
BY_NAME = {plan.name: plan for plan in PLANS}
