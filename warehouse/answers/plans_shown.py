"""Plans as they are shown: of one user with words and amounts, of everybody as a table."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from transforms.deciding.reasons import SYSTEM_REASONS
from transforms.errors import RefusedError
from transforms.figures import money, with_known_parts
from transforms.months import decision_date, month_text, months_after
from transforms.plans.catalogue import BY_NAME
from transforms.plans.table import NONE, UNSURE
from transforms.telling.headlines import mode_notes
from warehouse.answers.explain import explain
from warehouse.answers.plans import plans
from warehouse.monthly.terms import pinned_terms
from warehouse.store.audit import Chain
from warehouse.store.lake import Lake
from warehouse.store.table_files import write_rows

_PROMISE = {
    "en": (
        "After {months} months of it, at least {limit}.",
        "After 1 month of it: {limit} or more.",
    ),
    "zh": ("坚持{months}个月后，额度至少为{limit}。", "1个月后，额度至少为{limit}。"),
}
_MONTH = {  # the second once something was drawn: its dues are not foreseen
    "en": (
        "{month}: repay {repay}, draw {draw}",
        "{month}: repay {repay} at least, and new drawdowns as they fall due; draw {draw}",
    ),
    "zh": (
        "{month}：还款{repay}，用款{draw}",
        "{month}：至少还款{repay}，新用款到期时一并还清；用款{draw}",
    ),
}


def plans_of(lake: Lake, month: date, user: str, language: str) -> dict[str, Any]:
    """Return the plans of one user with their words.

    Returns:
        `user_id`, `month`, `limit`; `plans`, the one to propose first, each with `place`, `plan`,
        `months`, `limit_cents`, `repay_cents` and `draw_cents` by month, `says`, `promise` and
        `each_month` in words; `may_rise`: some course of life had a raise; without a plan
        `blocked_by`, each reason with `code` and `says`; `notes` about the lender's mode.

    Raises:
        RefusedError: The month has no limits or the user none in it; the user was raised, or has
            no open line.
    """
    chain = Chain.read(lake)
    explained = explain(lake, user, month_text(month), language).plain
    rows = plans(chain, month, user).to_dicts()
    if not rows:
        decided = explained["decision"]
        raise RefusedError(
            f"User {user[:80]!r}: in {month_text(month)} the action was {decided['action']!r} and "
            f"the line is {decided['line_status']}. Plans are made for open lines that were not "
            "raised; `limitwise explain` says why the limit is what it is."
        )
    shown = [
        plan_shown(row, month, lake.currency, language) for row in rows if row["plan"] in BY_NAME
    ]
    return {
        "user_id": user,
        "month": month_text(month),
        "limit": money(rows[0]["limit_before_cents"], lake.currency, language),
        "plans": shown,
        "may_rise": rows[0]["plan"] != NONE,
        "notes": list(mode_notes(explained["decision"], language)),
        "blocked_by": [] if shown else _reasons(chain, month, explained, rows[0], language),
    }


def plan_shown(row: dict[str, Any], month: date, currency: str, language: str) -> dict[str, Any]:
    """Return one plan with its words: a row of PLANS_TABLE that holds."""
    plan = BY_NAME[row["plan"]]
    ceiling = row["limit_before_cents"] * plan.ceiling_percent // 100
    says = (plan.says if language == "en" else plan.says_zh).format(
        ceiling=money(ceiling, currency, language)
    )
    promise = _PROMISE[language][row["months"] == 1].format(
        months=row["months"], limit=money(row["limit_cents"], currency, language)
    )
    amounts = zip(row["repay_cents"], row["draw_cents"], strict=True)
    each_month = [
        _MONTH[language][any(row["draw_cents"][: ahead - 1])].format(
            month=month_text(months_after(month, ahead)),
            repay=money(repay, currency, language),
            draw=money(draw, currency, language),
        )
        for ahead, (repay, draw) in enumerate(amounts, 1)
    ]
    kept = ("place", "plan", "months", "limit_cents", "repay_cents", "draw_cents")
    return {
        **{name: row[name] for name in kept},
        "says": says,
        "promise": promise,
        "each_month": each_month,
    }


def _reasons(
    chain: Chain, month: date, explained: dict[str, Any], row: dict[str, Any], language: str
) -> list[dict[str, str]]:
    """Return words for what stands against a raise: today's figures where it stands today too."""
    today = {one["code"]: one["says"] for one in explained["explanation"]["reasons"]}
    entry = chain.head("limits", month)
    policy = pinned_terms(chain.lake, entry.texts, decision_date(month)).policy
    ending = "" if language == "en" else "_zh"
    words = {reason.code: reason for reason in SYSTEM_REASONS}
    words |= {guard.reason: guard for guard in policy.guards}

    def later(code: str) -> str:
        """Return a sentence without figures: those of six months ahead are not known."""
        said, way = (
            with_known_parts(getattr(words[code], f"{key}{ending}"), {})
            for key in ("says", "way_back")
        )
        return said if "{" not in said else way or code

    return [{"code": code, "says": today.get(code) or later(code)} for code in row["blocked_by"]]


def write_plans(lake: Lake, month: date, to: Path) -> dict[str, Any]:
    """Write the plans of everybody whose limit was not raised as one Parquet table.

    The table says what it was computed from: `limitwise.month` and `limitwise.inputs_id` stand in
    its metadata.

    Returns:
        `month`, `to`, `rows`, `users`, `with_plan`, `unsure`; `proposed`: for each plan of the
        first place `users` and the median of `months`.
    """
    chain = Chain.read(lake)
    rows = plans(chain, month)
    entry = chain.head("limits", month)
    metadata = {"limitwise.month": month_text(month), "limitwise.inputs_id": entry.inputs_id}
    to.parent.mkdir(parents=True, exist_ok=True)
    half = to.with_name(f".{to.name}.half")
    write_rows(rows, half, metadata)
    half.replace(to)
    first = rows.filter(pl.col("place") == 1)
    by_plan = first.group_by("plan").agg(
        pl.len().alias("users"), pl.col("months").median().alias("months")
    )
    listed = by_plan.sort("users", "plan", descending=[True, False]).rows_by_key("plan", named=True)
    return {
        "month": month_text(month),
        "to": str(to),
        "rows": rows.height,
        "users": first.height,
        "with_plan": first.filter(pl.col("plan").is_in(list(BY_NAME))).height,
        "unsure": first.filter(pl.col("plan") == UNSURE).height,
        "proposed": {plan: same[0] for plan, same in listed.items()},
    }
