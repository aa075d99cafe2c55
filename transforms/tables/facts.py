"""Tables of what is counted from events, month by month."""

import polars as pl

from transforms.tables.logs import (
    ACCOUNT_TYPES,
    ACCOUNTS,
    EVENTS,
    INSTRUCTIONS,
    MONEY_TYPES,
    QUARANTINE,
)
from transforms.tables.table import AS_OF, USER, Column, Table, cents, count

# Upper edges of the purchase histogram in cents: a 1-2-5 series from 10 to 20,000 yuan.
PURCHASE_EDGES_CENTS = (
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
)
PURCHASE_BINS = tuple(f"purchase_bin_{i:02d}_count" for i in range(len(PURCHASE_EDGES_CENTS) + 1))
DEVICES_KEPT = 16


def _text(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name=name, dtype=pl.String(), meaning=meaning, required=required)


ACTIVITY = Table(
    name="activity",
    meaning="One row is what one user did in one month; a user without events has no row.",
    kind="facts",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        count("event_count", "All events of the month."),
        *(
            column
            for kind in MONEY_TYPES
            for column in (
                count(f"{kind}_count", f"Events of type {kind}."),
                cents(f"{kind}_cents", f"Sum of {kind} amounts.", required=True),
            )
        ),
        cents("purchase_max_cents", "Largest purchase; null without purchases."),
        count("merchant_category_count", "Different merchant categories bought from."),
        count("essential_purchase_count", "Purchases of food, health, utilities or transport."),
        cents("income_inflow_cents", "Transfers in from an employer or a customer.", required=True),
        *(count(f"{kind}_count", f"Events of type {kind}.") for kind in ACCOUNT_TYPES),
        count("night_login_count", "Logins from 00:00 to 04:59 local time."),
        count("drawdown_count", "Drawdowns."),
        cents("drawdown_cents", "Sum drawn.", required=True),
        count("repayment_count", "Repayments."),
        cents("repayment_cents", "Sum repaid.", required=True),
        *(
            count(f"{kind}_count", f"Events of type {kind}.")
            for kind in ("social_interaction", "credential_leak", "complaint", "limit_request")
        ),
        Column(
            name="external_score_points",
            dtype=pl.Int32(),
            meaning="Last external score of the month, the lowest of several at once.",
            unit="points",
        ),
        Column(
            name="bureau_score_points",
            dtype=pl.Int32(),
            meaning="Last bureau score, the lowest of several at once; first limits only.",
            unit="points",
        ),
        cents(
            "income_evidence_cents", "Last verified monthly income, the lowest of several at once."
        ),
        cents(
            "other_obligation_cents",
            "Last reported monthly obligations to other lenders, the highest of several at once.",
        ),
        *(
            Column(
                name=f"{kind}_days_mask",
                dtype=pl.UInt32(),
                meaning=f"Bit d-1 is set if day d of the month had {what}.",
                required=True,
            )
            for kind, what in (
                ("active", "any event of the user's own"),
                ("purchase", "a purchase"),
            )
        ),
        *(count(name, "Purchases in this bin of PURCHASE_EDGES_CENTS.") for name in PURCHASE_BINS),
        Column(
            name="device_hashes",
            dtype=pl.List(pl.UInt64()),
            meaning=f"The {DEVICES_KEPT} smallest device hashes seen, ascending.",
            required=True,
        ),
        Column(
            name="device_saturated",
            dtype=pl.Boolean(),
            meaning=f"More than {DEVICES_KEPT} devices were seen.",
            required=True,
        ),
        Column(
            name="first_event_at",
            dtype=pl.Datetime("us", "UTC"),
            meaning="First event of the month.",
            required=True,
        ),
        Column(
            name="last_event_at",
            dtype=pl.Datetime("us", "UTC"),
            meaning="Last event of the month.",
            required=True,
        ),
    ),
)

LEDGER = Table(
    name="ledger",
    meaning=(
        "One row is one obligation still open at the month's end, or one part of a payment that "
        "may still be reversed, or a user's money not yet applied."
    ),
    kind="facts",
    key=("user_id", "row_kind", "obligation_id", "payment_event_id"),
    columns=(
        AS_OF,
        USER,
        Column(
            name="row_kind",
            dtype=pl.String(),
            meaning="What the row is.",
            required=True,
            values=("obligation", "allocation", "unapplied"),
        ),
        _text("obligation_id", "Obligation; empty on an unapplied row.", required=True),
        _text("payment_event_id", "Payment of an allocation; empty otherwise.", required=True),
        _text("reference_id", "Loan that the obligation or payment belongs to."),
        Column(name="due_on", dtype=pl.Date(), meaning="Due date; null on an unapplied row."),
        cents(
            "amount_cents", "Amount of the obligation, or of the part of a payment.", required=True
        ),
        cents("remaining_cents", "Still to pay, or still unapplied.", required=True),
        Column(
            name="changed_at",
            dtype=pl.Datetime("us", "UTC"),
            meaning="Event that last changed the row.",
            required=True,
        ),
    ),
)


def _days(name: str, meaning: str) -> Column:
    return Column(name=name, dtype=pl.Int32(), meaning=meaning, unit="days", lowest=0)


CREDIT_MONTHS = Table(
    name="credit_months",
    meaning="One row is how one user's credit stood over one month; no row, no credit facts yet.",
    kind="facts",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        Column(
            name="credit_from",
            dtype=pl.String(),
            meaning="Whether the row is computed from a ledger or reported by the source.",
            required=True,
            values=("ledger", "reported"),
        ),
        count("due_count", "Obligations that fell due in the month."),
        cents("due_cents", "Amount that fell due.", required=True),
        count(
            "paid_on_time_count", "Obligations due this month and paid in full by their due date."
        ),
        count(
            "paid_late_count", "Obligations whose last payment came this month, after its due date."
        ),
        count("settled_count", "Obligations whose last payment came this month."),
        Column(
            name="settled_after_due_days",
            dtype=pl.Int32(),
            meaning="Days from their due dates to that payment, added up; early ones are negative.",
            unit="days",
            required=True,
        ),
        count("unpaid_count", "Obligations overdue at the month's end."),
        cents("overdue_end_cents", "Amount overdue at the month's end."),
        _days("dpd_end_days", "Days past due at the month's end; null is no data, never 0."),
        _days("dpd_max_days", "Most days past due within the month; null is no data."),
        _days("dpd_low_days", "Lower end of a reported range; equals `dpd_end_days` otherwise."),
        _days("dpd_high_days", "Upper end of a reported range; equals `dpd_end_days` otherwise."),
        cents("balance_end_cents", "Owed at the month's end; negative if overpaid.", lowest=None),
        Column(
            name="owed_days",
            dtype=pl.Int32(),
            meaning="Days at whose end something was owed; null is unknown or not told by the day.",
            unit="days",
            lowest=0,
            highest=31,
        ),
        cents("limit_in_force_cents", "Last limit in force that the source reported in the month."),
        cents("drawdown_cents", "Drawn in the month.", required=True),
        cents(
            "repaid_cents", "Repaid in the month, reversals taken off.", required=True, lowest=None
        ),
        cents("interest_and_fees_cents", "Interest and fees charged in the month.", required=True),
        Column(
            name="charged_off",
            dtype=pl.Boolean(),
            meaning="Written off in this month or before.",
            required=True,
        ),
        Column(
            name="closed",
            dtype=pl.Boolean(),
            meaning="Line closed in this month or before.",
            required=True,
        ),
    ),
)

SEGMENT_NORMS = Table(
    name="segment_norms",
    meaning="One row is the purchases of one segment, region and industry in one month.",
    kind="facts",
    bucketed=False,
    key=("segment", "region", "industry"),
    columns=(
        AS_OF,
        _text("segment", "Segment.", required=True),
        _text("region", "Region; empty if unknown.", required=True),
        _text("industry", "Industry; empty if unknown.", required=True),
        count("user_count", "Users with activity."),
        *(count(name, "Purchases in this bin of PURCHASE_EDGES_CENTS.") for name in PURCHASE_BINS),
    ),
)

SHARED_DEVICES = Table(
    name="shared_devices",
    meaning="One row is one device hash seen with two or more users in one month.",
    kind="facts",
    bucketed=False,
    key=("device_hash",),
    columns=(
        AS_OF,
        Column(name="device_hash", dtype=pl.UInt64(), meaning="Keyed device hash.", required=True),
        count("user_count", "Users seen with it."),
    ),
)

FACTS = (
    EVENTS,
    QUARANTINE,
    ACCOUNTS,
    INSTRUCTIONS,
    ACTIVITY,
    LEDGER,
    CREDIT_MONTHS,
    SEGMENT_NORMS,
    SHARED_DEVICES,
)
