"""Hold: a month published with every limit unchanged, so that a red gate never blocks the chain.

Once the cause is mended, running the month decides it: a revision, and both entries stay.
"""

from datetime import UTC, date, datetime

import polars as pl

from expectations.checks import check_tables
from expectations.rules import hold_rules
from transforms.errors import RefusedError
from transforms.months import decision_date, last_day, month_text, months_after
from transforms.tables.decided import ALERTS, LIMITS, WARNINGS
from warehouse.monthly.months_asked import require_ended
from warehouse.monthly.terms import promotions, read_terms
from warehouse.monthly.validate import decisions_figures
from warehouse.settings import Settings
from warehouse.store.audit import Chain
from warehouse.store.digests import inputs_id
from warehouse.store.lake import Lake
from warehouse.store.publish import publish
from warehouse.store.staging import Staging

REASON = "HELD_BY_HAND"


def hold(lake: Lake, settings: Settings, month: date, reason: str) -> str:
    """Publish `month` with the limits of the month before; return one line that says so.

    Args:
        lake: The lake.
        settings: Where policies lie; caps still hold for what is published.
        month: Month observed, the one after the newest with limits.
        reason: Why it is held by hand; recorded in the audit entry.

    Raises:
        RefusedError: It is not the next month, or no reason is given.
    """
    if not reason.strip():
        raise RefusedError("Hold: --reason must say why. Fill it in.")
    require_ended(month, lake.time_zone, datetime.now(UTC))
    chain = Chain.read(lake)
    newest = chain.newest_limits_month
    if newest is None or month != months_after(newest, 1):
        can = f"only {month_text(months_after(newest, 1))} can be" if newest else "no month can be"
        raise RefusedError(
            f"Month {month_text(month)}: cannot be held: {can}, the month after the newest one "
            "with limits."
        )
    promoted = promotions(chain, month).values()
    terms = read_terms(settings.policies, decision_date(month), lake.currency, promoted)
    before = chain.head("limits", newest)
    identity = inputs_id({"kind": "hold", "month": month_text(month), "before": before.hash})
    staging = Staging.begin(lake, month, identity, base=chain.newest)
    for name, text in terms.texts.items():
        staging.keep_text(name, text)
    rows = pl.read_parquet(chain.paths("limits", newest))
    held = unchanged(rows, month, identity, before.parameters["mode"])
    staging.write(LIMITS, month, held)
    for table in (WARNINGS, ALERTS):
        staging.write(table, month, table.empty())
    staging.seal(
        {
            "kind": "hold",
            "months": [month_text(month)],
            "reads": [before.number],
            "parameters": {"mode": before.parameters["mode"], "reason": reason.strip()},
            "versions": {"policy": terms.policy.version},
        }
    )
    report = check_tables(
        {LIMITS: staging.paths("limits", month)},
        hold_rules(decisions_figures(staging, chain, terms)),
    )
    if report.critical:
        raise RefusedError(report.message())
    staging.seal({"validation_decisions": report.to_plain()})
    outcome = publish(lake, staging, run={"run_id": "hold"}, clock=lambda: datetime.now(UTC))
    return (
        f"Month {month_text(month)}: {outcome.value}, {held.height:,} limits unchanged. Once the "
        f"cause is mended, `limitwise run {month_text(month)}` decides it as a revision."
    )


def unchanged(rows: pl.DataFrame, month: date, identity: str, mode: str) -> pl.DataFrame:
    """Return last month's limits as this month's; an applicant who was declined has none.

    A lender in shadow mode did not take what was proposed: there the limit that it had stays.
    """
    decided = pl.col("decidable")
    observed = pl.coalesce("limit_in_force_cents", "limit_before_cents", "limit_cents")
    limit = observed if mode == "shadow" else pl.col("limit_cents")
    day = decision_date(month)
    return (
        rows.filter(pl.col("action").ne_missing("decline"))
        .with_columns(
            as_of=pl.lit(last_day(month)),
            limit_in_force_cents=pl.lit(None, pl.Int64),
            limit_before_cents=limit,
            limit_cents=limit,
            action=pl.when(decided).then(pl.lit("hold")),
            # What is owed may not be known this month, so nobody may draw more than the limit.
            available_cents=pl.min_horizontal(pl.col("available_cents"), limit),
            apr_before_bps=pl.col("apr_bps"),
            reasons=pl.when(decided).then([REASON]).otherwise("reasons"),
            reasons_kind=pl.when(decided).then(pl.lit("action")).otherwise("reasons_kind"),
            guards_fired=pl.lit([], pl.List(pl.String)),
            bureau_used=pl.lit(False),
            effective_on=pl.lit(day),
            next_review_on=pl.lit(months_after(day, 1)),
            instruction_id=pl.lit(None, pl.String),
            inputs_id=pl.lit(identity),
        )
        .select(LIMITS.schema.names())
        .cast(dict(LIMITS.schema))
    )
