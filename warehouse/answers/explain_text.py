"""An explanation as a person reads it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from transforms.figures import money
from transforms.months import month_of, month_text, months_after
from transforms.telling.explanations import Explanation
from warehouse.printing import COLON

_TITLES = {
    "en": {
        "history": "History",
        "reasons": "Why",
        "way_back": "What would have to change",
        "payments": "Your payments",
        "points": "What cost most points",
        "nothing": "Nothing that you could do changes this now.",
    },
    "zh": {
        "history": "历史",
        "reasons": "原因",
        "way_back": "如何改变",
        "payments": "您的还款",
        "points": "失分最多的方面",
        "nothing": "目前您无法改变这一结果。",
    },
}


_ACTIONS_ZH = {
    "grant": "授信",
    "decline": "未批准",
    "raise": "提额",
    "hold": "保持",
    "lower": "降额",
    "freeze": "冻结",
    "unfreeze": "解冻",
    "close": "关闭",
}
_WISHED_FOR = ("grant", "raise", "unfreeze")  # nobody asks how to change these
_INDICATIVE = {"en": " (indicative)", "zh": "（仅供参考）"}
_NOT_TAKEN_UP = {"en": " (not taken up by {})", "zh": "（至{}尚未接受）"}


def explained_text(
    user: str,
    month: date,
    history: list[dict[str, Any]],
    said: Explanation,
    currency: str,
    language: str,
) -> str:
    """Return what `explain` found as a page of text.

    Args:
        user, month: Whose limit, and of which month.
        history: Months up to this one, oldest first, as `explain` tells them.
        said: The decision in words.
        currency: Of the lake.
        language: `en` or `zh`.
    """
    titles = _TITLES[language]
    ways = [reason.way_back for reason in said.reasons if reason.way_back]
    if not ways and history[-1]["action"] not in _WISHED_FOR:
        ways = [titles["nothing"]]

    def section(title: str, lines_of: list[str]) -> str:
        listed = (f"  - {line}" for line in lines_of)
        return "\n".join([titles[title] + COLON[language], *listed]) if lines_of else ""

    parts = [
        f"{user}  {month_text(month)}",
        "\n".join(filter(None, (said.headline, said.price, said.next_review))),
        section("reasons", [reason.says for reason in said.reasons]),
        section("payments", [said.payments] if said.payments else []),
        section("points", list(said.points_lost)),
        section("way_back", ways),
        "\n".join(said.notes),
        section("history", [_month_line(row, currency, language) for row in history]),
    ]
    return "\n\n".join(part for part in parts if part)


def _month_line(row: Mapping[str, Any], currency: str, language: str) -> str:
    limit = row["limit_cents"]
    amount = "-" if limit is None else money(limit, currency, language)
    action = row["action"] or "-"
    if language == "zh":
        action = _ACTIONS_ZH.get(action, action)
    if row["mode"] == "indicative":
        action += _INDICATIVE[language]
    if row["taken_up"] is False:
        by = month_text(months_after(month_of(row["month"]), 1))
        action += _NOT_TAKEN_UP[language].format(by)
    return f"{row['month']}  {amount}  {action}  {', '.join(row['reasons'])}"
