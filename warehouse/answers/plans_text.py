"""Plans for people: of one user in words, of a portfolio in figures."""

from typing import Any

from warehouse.printing import COLON, text_table

_TITLES = {
    "en": {
        "plans": "Plans that lead to a higher limit, tried by the rules and prices of {month}",
        "none": "None within six months. What would still stand against a raise",
        "unsure": "No plan surely leads to a raise within six months, though one may. What would "
        "stand against it",
        "for_granted": "Taken for granted",
    },
    "zh": {
        "plans": "按{month}的规则和价格逐月推算，可使额度提升的计划",
        "none": "六个月内没有可行的计划。届时仍限制提额的原因",
        "unsure": "六个月内可能提额，但没有确定可行的计划。可能限制提额的原因",
        "for_granted": "前提",
    },
}
_FOR_GRANTED = {
    "en": (
        "what is overdue is paid by the fifth, and everything else by its due date, what is newly "
        "drawn as well;",
        "no new device is used, and nothing is leaked, reported or asked for that is not now;",
        "purchases, logins and income go on as in the last three months, the three before or the "
        "same months of last year: each was tried;",
        "rules, prices and the lender's appetite stay as they are.",
    ),
    "zh": (
        "逾期款项于5日前还清，其余款项（含新用款）均按时还清；",
        "不使用新设备，没有新的泄露、投诉、申请或外部债务；",
        "消费、登录和收入保持最近三个月、再前三个月或去年同期的水平（均已推算）；",
        "规则、价格和机构的风险偏好保持不变。",
    ),
}


def plans_text(found: dict[str, Any], language: str) -> str:
    """Return what `plans_of` found as a page for the telephone."""
    space = " " if language == "en" else ""
    titles = {
        key: text.format(**found) + COLON[language] for key, text in _TITLES[language].items()
    }
    first = f"{found['user_id']}  {found['month']}  {found['limit']}"
    granted = [titles["for_granted"], *(f"  - {line}" for line in _FOR_GRANTED[language])]
    granted += found["notes"]
    if not found["plans"]:
        against = [f"  - {reason['says']}" for reason in found["blocked_by"]]
        title = titles["unsure" if found["may_rise"] else "none"]
        return "\n\n".join([first, "\n".join([title, *against]), "\n".join(granted)])
    listed = [titles["plans"]]
    for plan in found["plans"]:
        listed += [f"  {plan['place']}. {plan['says']}{space}{plan['promise']}"]
        listed += [f"     {line}" for line in plan["each_month"]]
    return "\n\n".join([first, "\n".join(listed), "\n".join(granted)])


def table_text(found: dict[str, Any]) -> str:
    """Return what `write_plans` found as a table."""
    header = ["plan to propose", "users", "median months"]
    rows = [
        [name, f"{row['users']:,}", "-" if row["months"] is None else f"{row['months']:g}"]
        for name, row in found["proposed"].items()
    ]
    return "\n\n".join(
        [
            f"{found['month']}: {found['users']:,} users were not raised, {found['with_plan']:,} "
            f"of them have a plan, {found['unsure']:,} may rise without a sure one. "
            f"{found['rows']:,} rows in {found['to']}.",
            text_table(header, rows, right=header[1:]),
        ]
    )
