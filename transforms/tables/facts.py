"""Tables of what happened: events and everything counted from them."""

import polars as pl

from transforms.tables.table import AS_OF, USER, Column, Table, cents, count

MONEY_TYPES = (
    "purchase",
    "refund",
    "transfer_in",
    "transfer_out",
    "bill_payment",
    "cash_in",
    "cash_out",
)
ACCOUNT_TYPES = ("login", "device_bound", "profile_change")
CREDIT_TYPES = (
    "limit_in_force",
    "drawdown",
    "instalment_due",
    "repayment",
    "reversal",
    "fee",
    "interest",
    "statement",
    "delinquency_status",
    "charge_off",
    "line_closed",
)
OUTSIDE_TYPES = (
    "social_interaction",
    "external_score",
    "bureau_report",
    "income_evidence",
    "obligation",
    "credential_leak",
)
VOICE_TYPES = ("complaint", "limit_request")
EVENT_TYPES = MONEY_TYPES + ACCOUNT_TYPES + CREDIT_TYPES + OUTSIDE_TYPES + VOICE_TYPES

SEGMENTS = ("consumer", "micro_business")
INSTRUCTION_KINDS = (
    "override",
    "self_cap",
    "self_cap_lifted",
    "opt_out",
    "opt_in",
    "consent_given",
    "consent_withdrawn",
    "hardship",
    "hardship_ended",
    "review_requested",
    "review_closed",
)
DIMENSIONS = ("credit_history", "spending", "account_activity", "social")

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


SOURCE = _text("source", "Name of the source mapping that the line came through.", required=True)
FILE_ID = _text("file_id", "First 16 hex digits of SHA-256 of path, bytes and mapping.", required=True)
SOURCE_LINE = Column(
    name="source_line",
    dtype=pl.Int64(),
    meaning="Line of the landing file, counted from 1; a header is line 1.",
    required=True,
    lowest=1,
)

EVENTS = Table(
    name="events",
    meaning="One row is one thing that happened to one user.",
    kind="facts",
    key=("source", "event_id"),
    order=("user_id", "occurred_at", "event_id"),
    columns=(
        _text("event_id", "Identity of the event within its source.", required=True),
        USER,
        Column(
            name="occurred_at",
            dtype=pl.Datetime("us", "UTC"),
            meaning="When it happened.",
            required=True,
        ),
        Column(
            name="event_type",
            dtype=pl.Enum(EVENT_TYPES),
            meaning="What happened.",
            required=True,
            values=EVENT_TYPES,
        ),
        cents("amount_cents", "Money moved, due, owed or allowed; null where none.", lowest=None),
        Column(
            name="value",
            dtype=pl.Int64(),
            meaning="A number that is not money: score points or days past due, by event type.",
        ),
        Column(
            name="value_high",
            dtype=pl.Int64(),
            meaning="Upper end of `value` where the source reports a range; null if it is exact.",
        ),
        Column(name="due_on", dtype=pl.Date(), meaning="Day by which an obligation is to be paid."),
        _text("reference_id", "Loan or order that the event belongs to."),
        _text("reverses_event_id", "Event of the same source that this one takes back."),
        Column(name="device_hash", dtype=pl.UInt64(), meaning="Keyed hash of the device."),
        _text("channel", "Where it was done: app, web, branch, ..."),
        _text("merchant_category", "What kind of merchant was paid."),
        _text("counterparty_type", "Who was on the other side: employer, merchant, person, ..."),
        SOURCE,
        FILE_ID,
        SOURCE_LINE,
    ),
)

QUARANTINE = Table(
    name="quarantine",
    meaning="One row is one line of a landing file that was refused, and why.",
    kind="facts",
    bucketed=False,
    key=("file_id", "source_line"),
    columns=(
        FILE_ID,
        _text("file_path", "Landing file, relative to the landing folder.", required=True),
        SOURCE_LINE,
        SOURCE,
        _text("column", "Field of the line that was refused; null if the line cannot be read."),
        _text("reason", "Why, as a code.", required=True),
        _text("found", "What stood there, at most 200 characters."),
        _text("raw_line", "The line itself, at most 500 characters."),
    ),
)

ACCOUNTS = Table(
    name="accounts",
    meaning="One row is one user's account as known at the month's extraction.",
    kind="facts",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        _text("borrower_id", "The person or firm that owes; may hold several accounts."),
        _text("product", "Product of the line."),
        Column(name="opened_on", dtype=pl.Date(), meaning="Day the line was opened."),
        Column(
            name="applied_on",
            dtype=pl.Date(),
            meaning="Day the line was asked for; null if unknown.",
        ),
        Column(
            name="segment",
            dtype=pl.String(),
            meaning="Consumer or micro-business.",
            required=True,
            values=SEGMENTS,
        ),
        _text("region", "Region of residence or business."),
        _text("industry", "Industry of employment or business."),
        cents("stated_income_cents", "Monthly income as stated or verified."),
        Column(name="bureau_checked_on", dtype=pl.Date(), meaning="Last look at the bureau."),
        cents("source_limit_cents", "Limit in force as the account system states it."),
    ),
)

INSTRUCTIONS = Table(
    name="instructions",
    meaning="One row is one instruction of a user or an officer, never changed once recorded.",
    kind="facts",
    bucketed=False,
    key=("source", "instruction_id"),
    order=("user_id", "recorded_at", "instruction_id"),
    columns=(
        _text("instruction_id", "Identity within its source.", required=True),
        USER,
        Column(
            name="kind",
            dtype=pl.String(),
            meaning="What is instructed.",
            required=True,
            values=INSTRUCTION_KINDS,
        ),
        Column(
            name="dimension",
            dtype=pl.String(),
            meaning="Dimension of data that a consent is about.",
            values=DIMENSIONS,
        ),
        cents("amount_cents", "Limit set by an override or a user's own cap."),
        Column(
            name="recorded_at",
            dtype=pl.Datetime("us", "UTC"),
            meaning="When it was recorded.",
            required=True,
        ),
        Column(name="effective_from", dtype=pl.Date(), meaning="First day.", required=True),
        Column(name="effective_to", dtype=pl.Date(), meaning="Last day; null is open-ended."),
        _text("recorded_by", "Who recorded it."),
        _text("evidence", "Why, or where the paper lies."),
        SOURCE,
        FILE_ID,
        SOURCE_LINE,
    ),
)

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
            meaning="Last external score of the month; null without one.",
            unit="points",
        ),
        Column(
            name="bureau_score_points",
            dtype=pl.Int32(),
            meaning="Last bureau score of the month; read by first limits only.",
            unit="points",
        ),
        cents("income_evidence_cents", "Last verified monthly income of the month."),
        cents("other_obligation_cents", "Last reported monthly obligations to other lenders."),
        *(
            Column(
                name=f"{kind}_days_mask",
                dtype=pl.UInt32(),
                meaning=f"Bit d-1 is set if day d of the month had {what}.",
                required=True,
            )
            for kind, what in (("active", "any event of the user's own"), ("purchase", "a purchase"))
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
        cents("amount_cents", "Amount of the obligation, or of the part of a payment.", required=True),
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
        count("paid_on_time_count", "Obligations due this month and paid in full by their due date."),
        count("paid_late_count", "Obligations whose last payment came this month, after its due date."),
        count("unpaid_count", "Obligations overdue at the month's end."),
        cents("overdue_end_cents", "Amount overdue at the month's end."),
        _days("dpd_end_days", "Days past due at the month's end; null is no data, never 0."),
        _days("dpd_max_days", "Most days past due within the month; null is no data."),
        _days("dpd_low_days", "Lower end of a reported range; equals `dpd_end_days` otherwise."),
        _days("dpd_high_days", "Upper end of a reported range; equals `dpd_end_days` otherwise."),
        cents("balance_end_cents", "Owed at the month's end; negative if overpaid.", lowest=None),
        cents("limit_in_force_cents", "Last limit in force that the source reported in the month."),
        cents("drawdown_cents", "Drawn in the month.", required=True),
        cents("repaid_cents", "Repaid in the month, reversals taken off.", required=True, lowest=None),
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
