"""Why a user's limit is what it is: history, this month's decision, reasons in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

import polars as pl

from transforms.deciding.decision_inputs import across, decision_inputs
from transforms.deciding.lines import lines
from transforms.deciding.price import price
from transforms.errors import RefusedError
from transforms.facts.instalments import late_instalments, ledgers_of
from transforms.facts.standing import standing
from transforms.features.catalogue import families_of
from transforms.months import decision_date, month_of, month_text, months_after
from transforms.telling.explanations import explanation
from transforms.telling.payments import MONTHS as PAYMENT_MONTHS
from warehouse.answers.explain_text import explained_text
from warehouse.answers.no_limit import why_no_limit
from warehouse.answers.ways_back import ways_back_of, with_income_reported
from warehouse.monthly.history import READS, scan
from warehouse.monthly.months_asked import month_from
from warehouse.monthly.terms import TermsInForce, pinned_terms
from warehouse.monthly.validate import event_types
from warehouse.store.audit import Chain, Entry
from warehouse.store.lake import Lake, bucket_of

_HISTORY_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Explained:
    """An answer for a person, and the same as plain data."""

    text: str
    plain: dict[str, Any]


def explain(lake: Lake, user: str, month_asked: str | None, language: str) -> Explained:
    """Explain the limit of one user in one published month, the newest by default.

    The words are those of the policy that decided, as the lake keeps it.

    Raises:
        RefusedError: The month has no limits, or the user has none in it.
    """
    chain = Chain.read(lake)
    month = _month(chain, month_asked)
    history = _history(chain, user, month)
    if not sum(file.rows for file in chain.files("limits", month)):
        raise RefusedError(
            f"Month {month_text(month)}: nobody's limit is known from this lender's files, so "
            "there are scores and warnings only. Ask "
            f"`limitwise query \"SELECT * FROM scores WHERE user_id = '{user[:80]}'\"`."
        )
    if not history or history[-1]["month"] != month_text(month):
        raise RefusedError(why_no_limit(chain, user, month, history))
    entry = chain.head("limits", month)
    terms = pinned_terms(lake, entry.texts, decision_date(month))
    decided = _one(scan(chain, "decisions", month, 1), user) or _one(
        scan(chain, "limits", month, 1), user
    )
    facts = _facts(chain, user, month, entry, terms, decided)
    decided = {**decided, "mode": entry.parameters["mode"]}
    said = explanation(
        {**decided, **_offer(history)},
        facts,
        terms.policy,
        _supplied(chain, month),
        lake.currency,
        language,
    )
    plain = {
        "user_id": user,
        "month": month_text(month),
        "audit_entry": entry.number,
        "policy_version": entry.versions.get("policy"),
        "history": history,
        "decision": _plain(decided),
        "explanation": said.to_plain(),
    }
    text = explained_text(user, month, history, said, lake.currency, language)
    return Explained(text, plain)


def _month(chain: Chain, asked: str | None) -> date:
    newest = chain.newest_limits_month
    if newest is None:
        raise RefusedError("No limits are published yet. Run `limitwise run MONTH` first.")
    month = month_from(asked) if asked else newest
    if chain.head("limits", month) is None:
        raise RefusedError(
            f"Month {month_text(month)}: has no limits; the lake has "
            f"{month_text(chain.first_month)} to {month_text(newest)}. Ask for one of them."
        )
    return month


def _history(chain: Chain, user: str, month: date) -> list[dict[str, Any]]:
    """Return the user's limits of twelve months, oldest first, and whether each was taken up.

    `taken_up` is of raises and first limits that the lender follows: whether such a limit was in
    force at the end of the month after; null if that is not known.
    """
    names = ("limit_before_cents", "limit_cents", "action", "reasons", "pd_ppm", "apr_bps")
    rows = scan(chain, "limits", month, _HISTORY_MONTHS).filter(pl.col("user_id") == user)
    told = [
        {"month": f"{row['as_of']:%Y-%m}", **row, "as_of": row["as_of"].isoformat()}
        for row in rows.sort("as_of")
        .select(*("as_of", "mode", *names, "next_review_on", "line_status", "limit_in_force_cents"))
        .with_columns(pl.col("next_review_on").cast(pl.String))
        .collect()
        .iter_rows(named=True)
    ]
    return [row | {"taken_up": _taken_up(row, after)} for row, after in zip_longest(told, told[1:])]


def _taken_up(row: Mapping[str, Any], after: Mapping[str, Any] | None) -> bool | None:
    offered = row["mode"] == "live" and row["action"] in ("raise", "grant")
    next_month = after and months_after(month_of(row["month"]), 1) == month_of(after["month"])
    if not offered or not next_month or after["limit_in_force_cents"] is None:
        return None
    return after["limit_in_force_cents"] >= row["limit_cents"]


def _offer(history: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the limit offered the month before if it is not in force."""
    before = history[-2] if len(history) > 1 else {"taken_up": None}
    if before["taken_up"] is not False:
        return {}
    return {"offered_cents": before["limit_cents"], "offered_month": before["month"]}


def _facts(
    chain: Chain,
    user: str,
    month: date,
    entry: Entry,
    terms: TermsInForce,
    decided: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Return every figure that a sentence may name, as the decision read it."""
    bucket = pl.select(user_id=pl.lit(user)).select(bucket_of(chain.lake.buckets)).item()
    mine = pl.col("user_id") == user

    def read(name: str, reach: int, skip: int) -> pl.LazyFrame:
        rows = scan(chain, name, month, reach, skip=skip, bucket=bucket)
        return rows.filter(mine)

    features, scores = read("features", 1, 0), read("scores", 1, 0)
    of_borrower = lines_of_borrower(chain, month, entry.parameters["mode"], user).lazy()
    state = of_borrower.filter(mine)
    instructions = standing(read(*READS["standing"][0]), month, chain.lake.time_zone)
    shared = across(features, of_borrower, terms.scorecard.version)
    shared = with_income_reported(shared, terms.policy, decided)
    inputs = decision_inputs(features, scores, state, instructions, terms.terms, shared)
    known = price(inputs, terms.terms).collect()
    months = read("credit_months", PAYMENT_MONTHS, 0).sort("as_of").collect().to_dicts()
    ledgers = [
        scan(chain, "ledger", m, 1, bucket=bucket) for m in ledgers_of(month, PAYMENT_MONTHS)
    ]
    late = late_instalments(
        pl.concat(ledgers).filter(mine), month, PAYMENT_MONTHS, chain.lake.time_zone
    )
    return {
        **(_one(features, user) or {}),
        **(_one(scores, user) or {}),
        **(known.row(0, named=True) if known.height else {}),
        "credit_months": months,
        "late_instalments": late.collect().to_dicts(),
        "ways_back": ways_back_of(
            chain, month, entry, terms, known, decided["reasons"], shared, bucket
        ),
    }


def lines_of_borrower(chain: Chain, month: date, mode: str, user: str) -> pl.DataFrame:
    """Return the lines of whoever owes what a user owes, the user's own among them.

    Args:
        chain: The lake.
        month: First day of the month observed.
        mode: Of the month: `live`, `shadow` or `indicative`.
        user: Whose borrower is asked for.

    Returns:
        Rows of LINES, sorted by `user_id`.
    """
    accounts = scan(chain, "accounts", month, 1).select("user_id", "borrower_id").collect()
    borrower = pl.coalesce("borrower_id", "user_id")
    own = accounts.filter(pl.col("user_id") == user).select(borrower).to_series()
    users = accounts.filter(borrower.is_in(own.implode()))["user_id"].extend(pl.Series([user]))
    buckets = users.to_frame().select(bucket_of(chain.lake.buckets)).to_series().unique()
    theirs = pl.col("user_id").is_in(users.implode())

    def read(name: str, reach: int, skip: int) -> pl.LazyFrame:
        parts = (scan(chain, name, month, reach, skip=skip, bucket=each) for each in buckets)
        return pl.concat(parts).filter(theirs)

    return lines(*(read(*of) for of in READS["lines"]), month, mode).collect()


def _one(rows: pl.LazyFrame, user: str) -> dict[str, Any] | None:
    found = rows.filter(pl.col("user_id") == user).collect()
    return found.row(0, named=True) if found.height else None


def _supplied(chain: Chain, month: date) -> frozenset[str]:
    seen = event_types(chain, before=months_after(month, 1))
    return families_of(name for types in seen.values() for name in types)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
    }
