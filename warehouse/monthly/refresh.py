"""Refresh: facts become features, scores, decisions and published limits, step by step.

Every step takes the staging folder of the one before, so that it can run in another process.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from expectations.gate import Report
from transforms.errors import NeedsApprovalError, NotYetError, RefusedError
from transforms.features.catalogue import FEATURES, catalogue_text
from transforms.months import decision_date, month_of, month_text, months_after
from transforms.tables.decided import ALERTS, LIMITS, SCORES, WARNINGS
from warehouse.monthly.decide import stage_decided, stage_published
from warehouse.monthly.early_warning import alerts_sentence, figures_before
from warehouse.monthly.history import (
    read_digests,
    reads_of,
)
from warehouse.monthly.months_asked import require_ended
from warehouse.monthly.movements import movements, out_of_tolerance
from warehouse.monthly.parts import Part, side_by_side
from warehouse.monthly.progress import told
from warehouse.monthly.steps import NOTHING_TO_DO, checked, resumed
from warehouse.monthly.terms import (
    TermsInForce,
    pinned_terms,
    promotions,
    read_terms,
    require_unchanged,
)
from warehouse.monthly.user_features import user_features
from warehouse.monthly.validate import decisions_report, features_report
from warehouse.settings import settings_from_environment
from warehouse.store.audit import Chain, Entry
from warehouse.store.digests import digest_of, inputs_id
from warehouse.store.lake import Lake, open_lake
from warehouse.store.publish import Outcome, publish, switch
from warehouse.store.staging import Staging


def require_ready(month: str) -> None:
    """Check that a month can be refreshed now.

    Raises:
        NotYetError: Its facts, or the limits of the month before, are not published yet.
        RefusedError: It can never be refreshed as asked.
    """
    lake = open_lake(settings_from_environment().lake)
    chain = Chain.read(lake)
    asked = month_of(month)
    require_ended(asked, lake.time_zone, datetime.now(UTC))
    begins = min(chain.heads("facts"), default=asked)
    if asked < begins:
        raise RefusedError(
            f"Month {month}: the lake's facts begin in {month_text(begins)}, so there is nothing "
            f"to refresh. Ask for {month_text(begins)} or later; only a new lake can begin earlier."
        )
    if chain.head("facts", asked) is None:
        raise NotYetError(
            f"Month {month}: its facts are not published. Run `extract_behaviour_logs` for it, "
            f"or `limitwise run {month}`."
        )
    first, newest = chain.first_month, chain.newest_limits_month
    if first and asked < first:
        raise RefusedError(
            f"Month {month}: lies before {month_text(first)}, the lake's first month with limits. "
            f"Ask for {month_text(first)} or later."
        )
    if newest and asked > months_after(newest, 1):
        missing = month_text(months_after(newest, 1))
        raise NotYetError(
            f"Month {month}: the limits of {missing} are not published, and a month needs the one "
            f"before it. Run `limitwise run {missing}` first."
        )


def begin_refresh(month: str, cascade: bool = False) -> str:
    """Settle what a month is computed from; return the staging folder, empty if nothing changed.

    Args:
        month: `YYYY-MM`.
        cascade: The months after it are recomputed next, so it may be revised.

    Raises:
        RefusedError: A policy file is wrong, or the month's limits may not be revised any more.
    """
    settings = settings_from_environment()
    lake = open_lake(settings.lake)
    chain, asked = Chain.read(lake), month_of(month)
    promoted = promotions(chain, asked)
    terms = read_terms(settings.policies, decision_date(asked), lake.currency, promoted.values())
    require_unchanged(chain, terms.texts)
    identity = inputs_id(_identity(lake, chain, asked, terms))
    head = chain.head("limits", asked)
    if head and head.inputs_id == identity:
        with told(month, "features") as tell:
            tell.text = "nothing changed: the month was computed from the same inputs"
        return NOTHING_TO_DO
    if not cascade:
        _require_revisable(chain, asked, head)
    staging = Staging.begin(lake, asked, identity, base=chain.newest)
    for name, text in terms.texts.items():
        staging.keep_text(name, text)
    staging.keep_text("catalogue", catalogue_text())
    draft = _draft(chain, asked, terms)
    draft["reads"] += [number for number, text in promoted.items() if text.name in terms.texts]
    staging.seal(draft | ({"cascade": True} if cascade else {}))
    return staging.folder


def stage_features(part: Part) -> str:
    """Compute the features of every user; return the staging folder."""
    folder = part["folder"]
    if folder == NOTHING_TO_DO:
        return folder
    staging, chain = resumed(folder)
    terms, month = _terms_of(staging), staging.month
    with told(month_text(month), "features", staging, part["name"]) as tell:
        staged = side_by_side(
            lambda bucket: staging.write(
                FEATURES, month, user_features(chain, month, bucket, terms.pack), bucket
            ),
            range(*part["buckets"]),
        )
        tell.rows = sum(file.rows for file in staged)
        staging.seal(part=part["name"])
    return folder


def validate_features(folder: str) -> str:
    """Hold the features against what they promise; return the folder.

    Raises:
        RefusedError: A critical promise is broken; lists all of them.
    """
    return checked(folder, "features", _on_its_terms(features_report))


def stage_decisions(part: Part) -> str:
    """Score and decide every line; return the folder."""
    folder = part["folder"]
    if folder == NOTHING_TO_DO:
        return folder
    staging, chain = resumed(folder)
    buckets = range(*part["buckets"])
    with told(month_text(staging.month), "decisions", staging, part["name"]) as tell:
        tell.rows = stage_decided(staging, chain, _terms_of(staging), buckets)
        staging.seal(part=part["name"])
    return folder


def stage_limits(folder: str) -> str:
    """Stage the one file of all limits that is published, and warnings; return the folder."""
    if folder == NOTHING_TO_DO:
        return folder
    staging, chain = resumed(folder)
    with told(month_text(staging.month), "limits", staging) as tell:
        stage_published(staging, chain, _terms_of(staging))
        moved = movements(staging)
        warned = figures_before(chain, staging.month, WARNING_MONTHS)
        figures = {"movements": moved} | ({"early_warning": warned} if warned else {})
        staging.seal({"figures": staging.notes.get("figures", {}) | figures})
        tell.rows = moved["lines"]
        tell.text = ", ".join(f"{moved[name]:,} {name}" for name in _TOLD if moved.get(name))
        if staging.notes["parameters"]["mode"] == "indicative":
            tell.text = f"indicative, nothing is in force: {tell.text}"
        elif not moved["lines"]:
            tell.text = "no limit is known: scores and warnings only"
        if warned:
            tell.text += f"; {alerts_sentence(warned)}"
    return folder


WARNING_MONTHS = 15  # alerts of a year, and the months that show what became of them
_TOLD = ("granted", "raised", "held", "lowered", "frozen", "declined", "undecided")


def validate_decisions(folder: str) -> str:
    """Hold decisions and limits against last month and what they promise; return the folder.

    Raises:
        RefusedError: A critical promise is broken; lists all of them.
    """
    return checked(folder, "decisions", _on_its_terms(decisions_report))


def publish_limits(
    folder: str, month: str, run_id: str, approvals: tuple[dict[str, Any], ...] = ()
) -> str:
    """Commit the month and switch the published tables to it; return how that ended.

    Also when nothing changed: a run killed after its commit may have left the switch undone.

    Raises:
        NeedsApprovalError: More limits move than the policy tolerates, and nobody approved.
    """
    if folder == NOTHING_TO_DO:
        switch(open_lake(settings_from_environment().lake), month_of(month))
        return Outcome.NOTHING_CHANGED.value
    staging, _ = resumed(folder)
    with told(month, "limits published") as tell:
        beyond = out_of_tolerance(staging, _terms_of(staging).policy)
        if beyond and staging.notes["parameters"]["mode"] == "shadow":
            tell.text = f"beyond tolerance, in shadow mode no limit moves: {'; '.join(beyond)}"
        elif beyond and not approvals:
            staging.seal({"needs_approval": beyond})
            raise NeedsApprovalError(
                f"Month {month}: needs approval: {'; '.join(beyond)}. Nothing was published; the "
                f"month is staged. `limitwise approve {month} --by NAME --reason TEXT` publishes "
                "it."
            )
        outcome = publish(
            staging.lake,
            staging,
            run={"run_id": run_id},
            approvals=approvals,
            clock=lambda: datetime.now(UTC),
        )
        tell.text = "; ".join(filter(None, (outcome.value.replace("_", " "), tell.text)))
    return outcome.value


def _identity(lake: Lake, chain: Chain, month: date, terms: TermsInForce) -> dict[str, Any]:
    return {
        "kind": "limits",
        "month": month_text(month),
        "lake": lake.digest,
        "reads": read_digests(chain, month),
        "texts": {name: digest_of(text) for name, text in terms.texts.items()},
        "catalogue": digest_of(catalogue_text()),
        "tables": digest_of(
            [[c.name, str(c.dtype)] for t in (LIMITS, SCORES, WARNINGS, ALERTS) for c in t.columns]
        ),
    }


def _draft(chain: Chain, month: date, terms: TermsInForce) -> dict[str, Any]:
    facts = chain.head("facts", month)
    return {
        "kind": "limits",
        "months": [month_text(month)],
        "reads": reads_of(chain, month),
        "parameters": {"mode": facts.parameters["mode"]},
        "versions": {
            "policy": terms.policy.version,
            "scorecard": terms.scorecard.version,
            "catalogue": digest_of(catalogue_text())[:16],
        },
    }


def _require_revisable(chain: Chain, month: date, head: Entry | None) -> None:
    newest = chain.newest_limits_month
    if head and newest and month < newest:
        raise RefusedError(
            f"Month {month_text(month)}: its inputs changed after {month_text(newest)} was "
            "published, and only the newest month may be revised alone. "
            f"`limitwise run {month_text(month)} --cascade` recomputes all months from it on."
        )


def _on_its_terms(report_of: Callable) -> Callable[[Staging, Chain], Report]:
    """Hold a staging against the terms that it was begun with."""
    return lambda staging, chain: report_of(staging, chain, _terms_of(staging))


def _terms_of(staging: Staging) -> TermsInForce:
    """Return the terms that the staged month was begun with, from the texts it keeps."""
    return pinned_terms(staging.lake, staging.texts, decision_date(staging.month))
