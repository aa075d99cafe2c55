"""Headlines: what was decided, at which price and until when, each in one sentence."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from transforms.figures import figure, filled_in

_HEADLINES = {
    "raise": (
        "Your limit rises from {limit_before_cents} to {limit_cents} on {effective_on}.",
        "您的额度将于{effective_on}由{limit_before_cents}提升至{limit_cents}。",
    ),
    "hold": ("Your limit stays at {limit_cents}.", "您的额度保持{limit_cents}不变。"),
    "lower": (
        "Your limit falls from {limit_before_cents} to {limit_cents} on {effective_on}.",
        "您的额度将于{effective_on}由{limit_before_cents}降至{limit_cents}。",
    ),
    "grant": (
        "You are granted a limit of {limit_cents} from {effective_on}.",
        "您获得{limit_cents}的额度，自{effective_on}起生效。",
    ),
    "decline": (
        "Your application for a credit line is declined.",
        "您的额度申请未获批准。",
    ),
    "freeze": (
        "Your limit stays at {limit_cents}, but nothing can be drawn for now.",
        "您的额度保持{limit_cents}不变，但暂停使用。",
    ),
    "unfreeze": (
        "You can draw on your limit of {limit_cents} again.",
        "您的{limit_cents}额度已恢复使用。",
    ),
    "close": (
        "Your line is closed; {balance_end_cents} is owed.",
        "您的额度已关闭，尚欠{balance_end_cents}。",
    ),
    None: ("No decision could be made this month.", "本月无法作出决定。"),
}
_STAYS_CLOSED = (
    "Your line stays closed; {balance_end_cents} is owed.",
    "您的额度保持关闭，尚欠{balance_end_cents}。",
)
_INDICATIVE = {
    "grant": (
        "A first limit could be {limit_cents}. This is indicative: no credit line exists.",
        "首次额度可为{limit_cents}，仅供参考：目前没有任何额度生效。",
    ),
    "decline": (
        "No first limit could be granted. This is indicative: no credit line was applied for.",
        "目前无法给予首次额度，仅供参考：您并未申请额度。",
    ),
}
_MODES = {
    "shadow": (
        "The lender does not follow this decision: it shows what limitwise would decide.",
        "机构并不执行该决定，此处仅展示系统会如何决定。",
    ),
    "indicative": (
        "This lender has no credit lines: the limit is computed as if one were asked for today.",
        "该机构没有循环额度：此额度按今日申请的情形计算。",
    ),
}
_NOT_TAKEN_UP = (
    "The limit of {offered_cents} that {offered_month} offered was not taken up by the end of this "
    "month: {limit_in_force_cents} is in force.",
    "{offered_month}提供的{offered_cents}额度至本月末尚未接受，目前生效额度为{limit_in_force_cents}。",
)
_NOTHING_DRAWN = (" Nothing can be drawn for now.", "额度暂停使用。")
_DIMENSIONS = {
    "credit_history": ("credit history", "还款记录"),
    "spending": ("spending", "消费"),
    "account_activity": ("account activity", "账户活动"),
    "social": ("social", "社交"),
}
_NOTES = {
    "not_supplied": (
        "No {name} data was used: this lender supplies none. That is neither good nor bad for you.",
        "未使用{name}数据：该机构不提供此类数据。这对您既无利也无弊。",
    ),
    "no_consent": (
        "No {name} data was used: you gave no consent. That is neither good nor bad for you.",
        "未使用{name}数据：您未授权。这对您既无利也无弊。",
    ),
}


def headline(decided: Mapping[str, Any], currency: str, language: str) -> str:
    """Return what was decided, with its amounts.

    Args:
        decided: One row of DECISIONS.
        currency: Of the lake.
        language: `en` or `zh`.
    """
    action, status = decided["action"], decided["line_status"]
    texts = _HEADLINES[action]
    if decided.get("mode") == "indicative":
        texts = _INDICATIVE.get(action, texts)
    if action == "hold" and status == "closed":
        texts = _STAYS_CLOSED
    chosen = _in(texts, language)
    if status == "frozen" and action not in ("freeze", None):
        chosen += _in(_NOTHING_DRAWN, language)
    return filled_in(chosen, decided, {}, currency, language)


def price_sentence(decided: Mapping[str, Any], language: str) -> str:
    """Return what new drawdowns cost; empty where no price was made or nothing can be drawn."""
    rate, before = decided["apr_bps"], decided["apr_before_bps"]
    if rate is None or decided["line_status"] != "open":
        return ""
    now = figure(rate, "bps", "", language)
    if before is None or before == rate:
        return _in((f"New drawdowns cost {now} a year.", f"新用款的年化利率为{now}。"), language)
    then = figure(before, "bps", "", language)
    return _in(
        (
            f"New drawdowns cost {now} a year instead of {then}.",
            f"新用款的年化利率由{then}调整为{now}。",
        ),
        language,
    )


def review_sentence(on: date, language: str) -> str:
    """Return when the line is looked at again."""
    day = figure(on, "", "", language)
    return _in((f"The next review is on {day}.", f"下次评估日期为{day}。"), language)


def mode_notes(decided: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """Return what has to be said of a limit that the lender does not put in force."""
    note = _MODES.get(decided.get("mode"))
    return (_in(note, language),) if note else ()


def offer_notes(decided: Mapping[str, Any], currency: str, language: str) -> tuple[str, ...]:
    """Return that a higher limit published before is not in force yet, if that is so.

    Args:
        decided: One row of LIMITS, with `offered_cents` and `offered_month` of such an offer.
        currency: Of the lake.
        language: `en` or `zh`.
    """
    if decided.get("offered_cents") is None:
        return ()
    return (filled_in(_in(_NOT_TAKEN_UP, language), decided, {}, currency, language),)


def dimension_note(dimension: str, why: str, language: str) -> str:
    """Return why a kind of data was not used: `not_supplied` or `no_consent`."""
    return _in(_NOTES[why], language).format(name=_in(_DIMENSIONS[dimension], language))


def _in(texts: tuple[str, str], language: str) -> str:
    return texts[language == "zh"]
