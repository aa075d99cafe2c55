"""A user's own payments of the last months in one sentence, in two languages."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from transforms.figures import filled_in

MONTHS = 6  # as far back as a person is told of single months
_TEXTS = {
    "en": {
        "dues": "Of {due} payments that fell due since {first}, {on_time} were made by their date.",
        "late": "You were {days}.",
        "month": "up to {days} days late in {month}",
        "overdue": "{overdue_cents} is overdue now.",
        "between": " ",
        "and": ", ",
    },
    "zh": {
        "dues": "自{first}起应还{due}笔，其中{on_time}笔按时还清。",
        "late": "{days}。",
        "month": "{month}最长逾期{days}天",
        "overdue": "目前逾期金额为{overdue_cents}。",
        "between": "",
        "and": "，",
    },
}


def payments(months: Sequence[Mapping[str, Any]], currency: str, language: str) -> str:
    """Tell which payments of the last months were late, month by month.

    Args:
        months: The user's rows of CREDIT_MONTHS of the last `MONTHS` months, oldest first.
        currency: Of the lake.
        language: `en` or `zh`.

    Returns:
        Sentences; empty if nothing was late, or nothing is known.
    """
    late = [row for row in months if (row["dpd_max_days"] or 0) > 0]
    if not late:
        return ""
    texts = _TEXTS[language]

    def said(key: str, **values: Any) -> str:
        return filled_in(texts[key], values, {}, currency, language)

    due = sum(row["due_count"] for row in months)
    on_time = sum(row["paid_on_time_count"] for row in months)
    first = _month(months[0]["as_of"], language)
    days = [
        said("month", days=row["dpd_max_days"], month=_month(row["as_of"], language))
        for row in late
    ]
    overdue = months[-1]["overdue_end_cents"] or 0
    sentences = [
        said("dues", due=due, on_time=on_time, first=first) if due else "",
        said("late", days=texts["and"].join(days)),
        said("overdue", overdue_cents=overdue) if overdue else "",
    ]
    return texts["between"].join(filter(None, sentences))


def _month(as_of: date, language: str) -> str:
    return f"{as_of:%Y-%m}" if language == "en" else f"{as_of.year}年{as_of.month}月"
