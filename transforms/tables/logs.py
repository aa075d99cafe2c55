"""Tables of what was delivered: events, refused lines, accounts and instructions."""

import polars as pl

from transforms.tables.table import AS_OF, USER, Column, Table, cents

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


def _text(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name=name, dtype=pl.String(), meaning=meaning, required=required)


SOURCE = _text("source", "Name of the source mapping that the line came through.", required=True)
FILE_ID = _text(
    "file_id", "First 16 hex digits of SHA-256 of path, bytes and mapping.", required=True
)
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
        _text(
            "found",
            "What stood there, at most 200 characters; masked as in `raw_line`. Of an overruled "
            "event id also where the line is that counts.",
        ),
        _text(
            "raw_line",
            "The line, at most 500 characters; of a line refused for its event id, the event as "
            "it was read. Only values of fields that the mapping reads and "
            "does not call personal are shown, and of a line that cannot be read none: elsewhere "
            "`x` stands for a letter and `9` for a digit.",
        ),
        Column(
            name="event_hashes",
            dtype=pl.List(pl.UInt64()),
            meaning="Keyed hashes of the event ids that a line was refused for, by which further "
            "copies of the events are known; null of other lines.",
        ),
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
        Column(
            name="known_on",
            dtype=pl.Date(),
            meaning="Day that the row is true of; of several rows of a user the newest counts.",
            required=True,
        ),
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
