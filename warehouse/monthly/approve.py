"""Approval: a person publishes a month whose movements the policy does not tolerate by itself."""

from datetime import UTC, date, datetime

from transforms.errors import RefusedError
from transforms.months import month_text
from warehouse.monthly.refresh import publish_limits
from warehouse.store.audit import Chain
from warehouse.store.lake import Lake
from warehouse.store.repair import abandoned, waiting
from warehouse.store.staging import Staging


def approve(lake: Lake, month: date, by: str, reason: str) -> str:
    """Publish the staging of `month` that waits for approval; return one line that says so.

    Args:
        lake: The lake.
        month: Month observed.
        by: Who approves.
        reason: Why.

    Raises:
        RefusedError: Nothing waits, or what it was computed from was replaced meanwhile.
    """
    if not by.strip() or not reason.strip():
        raise RefusedError("Approval: --by and --reason must say who and why. Fill both in.")
    waiting = waiting_for_approval(lake, month)
    if not waiting:
        raise RefusedError(
            f"Month {month_text(month)}: nothing waits for approval. "
            f"Run `limitwise status`, or `limitwise run {month_text(month)}`."
        )
    staging = waiting[-1]
    approval = {
        "by": by.strip(),
        "reason": reason.strip(),
        "movements": staging.notes["needs_approval"],
        "recorded_at": datetime.now(UTC).isoformat(),
    }
    outcome = publish_limits(staging.folder, month_text(month), "approve", (approval,))
    return f"Month {month_text(month)}: {outcome.replace('_', ' ')}, approved by {by.strip()}."


def waiting_for_approval(lake: Lake, month: date) -> list[Staging]:
    """Return the stagings of a month that wait for a person, oldest first."""
    chain = Chain.read(lake)
    found = [waiting(lake, chain, folder) for folder in abandoned(lake, chain)]
    return sorted(
        (staging for staging in found if staging and staging.month == month),
        key=lambda staging: (staging.base, staging.folder),
    )
