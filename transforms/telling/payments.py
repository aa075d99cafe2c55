"""A user's own payments of the last months in one sentence, in two languages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from transforms.figures import filled_in

MONTHS = 6  # as far back as a person is told of single payments
MOST_TOLD = 12  # single payments; of more, the newest
_TEXTS = {
    "en": {
        "dues": "Of {due} payments that fell due since {first}, you made {on_time} on time.",
        "late": "You were {days}.",
        "month": "up to {days} days late in {month}",
        "singles": "Paid late: {days}.",
        "paid": "due on {due_on}, {late} days late",
        "open": "Not paid yet: {days}.",
        "since": "due on {due_on}, {late} days late by now",
        "more": "{count} earlier ones",
        "overdue": "{overdue_cents} is overdue now.",
        "between": " ",
        "and": ", ",
        "each": "; ",
    },
    "zh": {
        "dues": "自{first}起应还{due}笔，其中{on_time}笔按时还清。",
        "late": "{days}。",
        "month": "{month}最长逾期{days}天",
        "singles": "逾期还清：{days}。",
        "paid": "{due_on}到期，逾期{late}天",
        "open": "尚未还清：{days}。",
        "since": "{due_on}到期，至今逾期{late}天",
        "more": "更早的{count}笔",
        "overdue": "目前逾期金额为{overdue_cents}。",
        "between": "",
        "and": "，",
        "each": "；",
    },
}


def payments(
    months: Sequence[Mapping[str, Any]],
    instalments: Sequence[Mapping[str, Any]] | None,
    currency: str,
    language: str,
) -> str:
    """Tell which payments of the last months were late, each by itself where that is known.

    Args:
        months: The user's rows of CREDIT_MONTHS of the last `MONTHS` months, oldest first.
        instalments: The user's rows of `late_instalments` of these months; None where the source
            reports no single instalments, so that only months can be told.
        currency: Of the lake.
        language: `en` or `zh`.

    Returns:
        Sentences; empty if nothing was late, or nothing is known.
    """
    late = [row for row in months if (row["dpd_max_days"] or 0) > 0]
    if not late and not instalments:
        return ""
    texts = _TEXTS[language]

    def said(key: str, **values: Any) -> str:
        return filled_in(texts[key], values, {}, currency, language)

    due = sum(row["due_count"] for row in months)
    on_time = sum(row["paid_on_time_count"] for row in months)
    first = _month(months[0]["as_of"], language)
    overdue = months[-1]["overdue_end_cents"] or 0
    sentences = [said("dues", due=due, on_time=on_time, first=first) if due else ""]
    if instalments:
        sentences += _singles(instalments, texts, said)
    else:
        days = [
            said("month", days=row["dpd_max_days"], month=_month(row["as_of"], language))
            for row in late
        ]
        sentences.append(said("late", days=texts["and"].join(days)))
    sentences.append(said("overdue", overdue_cents=overdue) if overdue else "")
    return texts["between"].join(filter(None, sentences))


def _singles(
    instalments: Sequence[Mapping[str, Any]], texts: Mapping[str, str], said: Callable[..., str]
) -> list[str]:
    """Return the sentences of what was paid late, and of what is not paid yet."""
    sentences = []
    for title, each, is_paid in (("singles", "paid", True), ("open", "since", False)):
        mine = [one for one in instalments if (one["paid_on"] is not None) is is_paid]
        told = [said(each, late=o["late_days"], due_on=o["due_on"]) for o in mine[-MOST_TOLD:]]
        if len(mine) > MOST_TOLD:
            told.insert(0, said("more", count=len(mine) - MOST_TOLD))
        sentences.append(said(title, days=texts["each"].join(told)) if told else "")
    return sentences


def _month(as_of: date, language: str) -> str:
    return f"{as_of:%Y-%m}" if language == "en" else f"{as_of.year}年{as_of.month}月"
