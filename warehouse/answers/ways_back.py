"""Ways back of one user: read what is known of the user, and ask the rules about later months."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from transforms.deciding.decision_inputs import Across
from transforms.policies.guards import Guard
from transforms.policies.policy import Policy
from transforms.telling.ways_back import OF_LATER_MONTHS, names_of, ways_back
from warehouse.answers.plans import known_of, settled_of
from warehouse.monthly.history import scan
from warehouse.monthly.terms import TermsInForce
from warehouse.store.audit import Chain, Entry


def ways_back_of(
    chain: Chain,
    month: date,
    entry: Entry,
    terms: TermsInForce,
    row: pl.DataFrame,
    reasons: list[str],
    shared: Across,
    bucket: int,
) -> dict[str, dict[str, Any]]:
    """Return the figures of the way back of each reason of one user, by code.

    Args:
        chain: The lake.
        month: First day of the month observed.
        entry: By which it was published.
        terms: That decided it.
        row: What the decision read of the user; one row, or none if there was no line.
        reasons: Codes of the decision.
        shared: What the line shares with others.
        bucket: The user's.
    """
    told = {code: _guards(terms.policy, code) for code in reasons}
    known, scores = None, scan(chain, "scores", month, 1, bucket=bucket)
    ruled = [guard for guards in told.values() for guard in guards]
    if row.height and names_of(ruled) & OF_LATER_MONTHS:
        settled = settled_of(chain, month, entry, terms, shared)
        known = known_of(chain, row.select("user_id"), bucket, settled)
    mine = scores.filter(pl.col("user_id").is_in(row["user_id"].implode())).collect()
    return ways_back(told, row, known, mine, terms.terms, month)


def with_income_reported(shared: Across, policy: Policy, decided: Mapping[str, Any]) -> Across:
    """Return what a line shares with others, as its own decision shows it.

    That somebody's income is verified is a fact of the whole portfolio. A rule that reads it and
    fired shows that it was so, without reading everybody.
    """
    fired = decided.get("guards_fired") or ()
    readers = [guard.name for guard in policy.guards if "income_reported" in guard.reads]
    reported = shared.income_reported or bool(set(readers) & set(fired))
    return replace(shared, income_reported=reported)


def _guards(policy: Policy, code: str) -> tuple[Guard, ...]:
    return tuple(guard for guard in policy.guards if guard.reason == code)
