"""A published month decided again under other rules, or without some data; nothing is written."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from transforms.deciding.decision_inputs import across
from transforms.deciding.decisions import decisions
from transforms.deciding.limits import not_in_force
from transforms.errors import RefusedError
from transforms.features.catalogue import CATALOGUE
from transforms.features.feature import Dimension
from transforms.months import decision_date, month_text
from transforms.policies.rate_cards import RELATIVE_TO
from transforms.scoring.scores import scores
from warehouse.monthly.decide import lines_of, standing_of
from warehouse.monthly.history import scan
from warehouse.monthly.terms import TermsInForce, pinned_terms, promotions, read_terms
from warehouse.store.audit import Chain, Entry
from warehouse.store.lake import Lake

REMOVABLE = (str(Dimension.SOCIAL), *RELATIVE_TO)
_COMPARED = ("limit_cents", "action", "apr_bps", "pd_ppm")
GROUPS = ("segment", "region")
_NEW = " simulated"


def simulate(
    lake: Lake, month: date, policies: Path | None, without: Collection[str]
) -> dict[str, Any]:
    """Decide a published month again and count what differs.

    Every line starts from what it was then: history, features and limits before are those of the
    lake. How users would have behaved under other limits is not known and not guessed.

    Args:
        lake: The lake.
        month: First day; it has limits that were decided.
        policies: Folder of other policies; None takes those that decided the month. A scorecard
            promoted to decide the month stands beside those of the folder, as in the monthly run.
        without: Of REMOVABLE: `social` scores every social feature as unknown, `region` and
            `industry` leave their rows of the rate card out.

    Returns:
        `month`, `policy_version` and `scorecard_version` of both sides, `without`, `lines`;
        `differ`: how many lines have another limit, action, price or PD; `actions`: lines by
        action; `limit_cents`: sum of limits; all of these as [published, simulated]; and for each
        segment and region `lines`, `higher`, `lower` (limits) and `limit_cents`.

    Raises:
        RefusedError: The month has no limits, or was held by hand; a policy file is wrong.
    """
    chain = Chain.read(lake)
    entry = decided_entry(chain, month)
    on = decision_date(month)
    pinned = pinned_terms(lake, entry.texts, on)
    terms = pinned
    if policies:
        terms = read_terms(policies, on, lake.currency, promotions(chain, month).values())
    terms = _without_rows(terms, without)
    state, decided = _decided(chain, month, entry.parameters["mode"], terms, without)
    published = scan(chain, "decisions", month, 1).select("user_id", *_COMPARED).collect()
    both = state.select("user_id", *GROUPS).join(published, on="user_id", validate="1:1")
    both = both.join(decided.select("user_id", *_COMPARED), on="user_id", suffix=_NEW)
    return {
        "month": month_text(month),
        "policy_version": [pinned.policy.version, terms.policy.version],
        "scorecard_version": [pinned.scorecard.version, terms.scorecard.version],
        "without": sorted(without),
        **_differences(both),
    }


def decided_entry(chain: Chain, month: date) -> Entry:
    """Return the entry by which a month's limits were decided.

    Raises:
        RefusedError: The month has no limits, or was held by hand.
    """
    entry = chain.head("limits", month)
    if entry is None or entry.kind == "hold":
        what = "has no limits" if entry is None else "was held by hand, so nothing was decided"
        having = [month_text(known) for known in chain.months("limits")]
        raise RefusedError(
            f"Month {month_text(month)}: {what}. The lake has limits of "
            f"{', '.join(having) or 'no month'}. Ask for one that was decided."
        )
    return entry


def _without_rows(terms: TermsInForce, without: Collection[str]) -> TermsInForce:
    card = terms.rate_card
    kept = {name: {} if name in without else card.relativities[name] for name in RELATIVE_TO}
    return replace(terms, rate_card=replace(card, relativities=kept))


def _decided(
    chain: Chain, month: date, mode: str, terms: TermsInForce, without: Collection[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the lines as they were, and what is decided of them now."""
    used = {*terms.pack.dimensions, Dimension.CONTEXT} - {*without}
    unknown = [feature for feature in CATALOGUE if feature.dimension not in used]
    features = scan(chain, "features", month, 1).with_columns(
        pl.lit(None, feature.dtype).alias(feature.name) for feature in unknown
    )
    scored = scores(features, terms.scorecard, month)
    state, instructions = lines_of(chain, month, mode), standing_of(chain, month)
    shared = across(features, state.lazy(), terms.scorecard.version)
    rows = (features, scored, state.lazy(), instructions)
    decided = decisions(*rows, terms.terms, month, shared)
    return state, (not_in_force(decided) if mode == "indicative" else decided).collect()


def _differences(both: pl.DataFrame) -> dict[str, Any]:
    differ = {
        name: both.filter(pl.col(name).ne_missing(pl.col(f"{name}{_NEW}"))).height
        for name in _COMPARED
    }
    actions = {
        action: [both.filter(pl.col(name) == action).height for name in ("action", f"action{_NEW}")]
        for action in sorted({*both["action"].drop_nulls(), *both[f"action{_NEW}"].drop_nulls()})
    }
    return {
        "lines": both.height,
        "differ": differ,
        "actions": actions,
        "limit_cents": _sums(both),
        **{f"by_{group}": _by(both, group) for group in GROUPS},
    }


def _sums(rows: pl.DataFrame) -> list[int]:
    return [int(rows[name].sum()) for name in ("limit_cents", f"limit_cents{_NEW}")]


def _by(both: pl.DataFrame, group: str) -> dict[str, Any]:
    change = pl.col(f"limit_cents{_NEW}") - pl.col("limit_cents")
    return {
        value or "not known": {
            "lines": rows.height,
            "higher": rows.filter(change > 0).height,
            "lower": rows.filter(change < 0).height,
            "limit_cents": _sums(rows),
        }
        for (value,), rows in sorted(
            both.partition_by(group, as_dict=True).items(), key=lambda item: item[0][0] or ""
        )
    }
