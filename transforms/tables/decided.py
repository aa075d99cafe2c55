"""Tables of what is done about it: scores, decisions, limits and warnings."""

import polars as pl

from transforms.tables.table import AS_OF, USER, Column, Table, cents

ACTIONS = ("grant", "decline", "raise", "hold", "lower", "freeze", "unfreeze", "close")
# The lender follows our limits; or does not; or has none, and is shown what they could be.
MODES = ("live", "shadow", "indicative")
LINE_STATUSES = ("applied", "open", "frozen", "closed")
REASON_KINDS = ("guards", "score", "action", "not_decidable")


def _bps(name: str, meaning: str, meaning_zh: str = "") -> Column:
    return Column(
        name=name, dtype=pl.Int32(), meaning=meaning, meaning_zh=meaning_zh, unit="bps", lowest=0
    )


def _texts(name: str, meaning: str, meaning_zh: str = "") -> Column:
    return Column(
        name=name,
        dtype=pl.List(pl.String()),
        meaning=meaning,
        meaning_zh=meaning_zh,
        required=True,
    )


def _text(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name=name, dtype=pl.String(), meaning=meaning, required=required)


PD_PPM = Column(
    name="pd_ppm",
    dtype=pl.Int32(),
    meaning="Probability of default over 12 months at the present limit, parts per million.",
    meaning_zh="未来十二个月违约概率（百万分之）。",
    unit="ppm",
    lowest=0,
    highest=1_000_000,
)
POLICY_VERSION = _text("policy_version", "Policy in force on the decision date.", required=True)
SCORECARD_VERSION = _text("scorecard_version", "Scorecard in force then.", required=True)

SCORES = Table(
    name="scores",
    meaning="One row is one user's scorecard points and where points were lost.",
    kind="decisions",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        Column(
            name="points",
            dtype=pl.Int32(),
            meaning="Scorecard points.",
            unit="points",
            required=True,
        ),
        PD_PPM,
        Column(
            name="contributions",
            dtype=pl.List(
                pl.Struct({"feature": pl.String(), "points": pl.Int32(), "points_lost": pl.Int32()})
            ),
            meaning="Points by feature, and lost against the best attainable; most lost first.",
            required=True,
        ),
        SCORECARD_VERSION,
    ),
)

_DECISION = (
    Column(
        name="line_status",
        dtype=pl.String(),
        meaning="State of the line after the decision.",
        meaning_zh="额度状态。",
        required=True,
        values=LINE_STATUSES,
    ),
    cents("limit_in_force_cents", "Lender's limit in force at the month's end; null if unknown."),
    cents("limit_before_cents", "Limit that the decision starts from.", "调整前额度。"),
    cents("limit_cents", "Contractual limit from now on; null if not decidable.", "调整后额度。"),
    cents("available_cents", "What may be drawn now.", "可用额度。"),
    Column(
        name="action",
        dtype=pl.String(),
        meaning="What was decided; null if not decidable.",
        meaning_zh="本月决定。",
        values=ACTIONS,
    ),
    Column(
        name="decidable", dtype=pl.Boolean(), meaning="Limit and balance were known.", required=True
    ),
    _bps("apr_before_bps", "Annual rate before."),
    _bps("apr_bps", "Annual rate for new drawdowns.", "年化利率。"),
    Column(
        name="price_band",
        dtype=pl.Int32(),
        meaning="Band of the rate card that gave the margin, from 1; null if there was no price.",
        lowest=1,
    ),
    PD_PPM,
    cents("expected_loss_cents", "PD times LGD times EAD at the decided limit, over 12 months."),
    cents("expected_profit_cents", "Expected profit at the decided limit.", lowest=None),
    _texts("reasons", "Reason codes, strongest first, at most four.", "原因代码。"),
    Column(
        name="reasons_kind",
        dtype=pl.String(),
        meaning="What the reasons are: guards that decided, or points lost, or the action itself.",
        required=True,
        values=REASON_KINDS,
    ),
    _texts("guards_fired", "Every guard whose condition held, in order of class and file."),
    Column(
        name="bureau_used",
        dtype=pl.Boolean(),
        meaning="A bureau report was read for this decision.",
        required=True,
    ),
    Column(name="effective_on", dtype=pl.Date(), meaning="First day in force.", required=True),
    Column(
        name="next_review_on",
        dtype=pl.Date(),
        meaning="Next review: every review_months of the policy from the line's opening on, "
        "earlier where the line is frozen or something is unknown. Limits are decided every month.",
        required=True,
    ),
    _text("instruction_id", "Instruction that decided, if one did."),
    # What the next run's hysteresis looks back at; `lines` reads both from last month's limits.
    Column(
        name="raise_eligible",
        dtype=pl.Boolean(),
        meaning="PD was low enough for a raise, hysteresis included; null if there was no PD.",
    ),
    Column(
        name="soft_trigger",
        dtype=pl.Boolean(),
        meaning="A sign of stress that lowers a line only if seen in two runs in a row.",
    ),
)

DECISIONS = Table(
    name="decisions",
    meaning="One row is one line's decision with its bounds, guards, economics and reasons.",
    kind="decisions",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        *_DECISION,
        _texts(
            "guards_not_evaluated", "Guards whose input does not exist; never counted as passed."
        ),
        _texts(
            "deciding_guards", "Smallest set of guards whose joint removal changes the outcome."
        ),
        cents("lower_bound_cents", "Largest amount that a guard keeps the limit above."),
        cents("upper_bound_cents", "Smallest amount that a guard keeps the limit below."),
        cents("unguarded_limit_cents", "Limit that the economics alone would choose."),
        Column(
            name="rung_bps",
            dtype=pl.Int32(),
            meaning="Chosen rung of the ladder against the limit before; null off the ladder.",
            unit="bps",
        ),
        cents("balance_end_cents", "Owed at the month's end.", lowest=None),
        _bps("risk_cut_bps", "PD cut that applied to a raise, hysteresis included."),
        POLICY_VERSION,
        SCORECARD_VERSION,
    ),
)

LIMITS = Table(
    name="limits",
    meaning="One row is one user's limit for the coming month, and why.",
    kind="decisions",
    key=("user_id",),
    bucketed=False,
    published=True,
    columns=(
        AS_OF,
        USER,
        Column(
            name="mode",
            dtype=pl.String(),
            meaning="Live: the lender follows this row. Shadow: it does not. Indicative: it has no "
            "revolving lines; the limit is what a first one could be, and is not in force.",
            meaning_zh="live：机构执行该额度；shadow：机构不执行；indicative：仅供参考，未生效。",
            required=True,
            values=MODES,
        ),
        *_DECISION,
        POLICY_VERSION,
        SCORECARD_VERSION,
        _text(
            "inputs_id", "Identity of everything that the month was computed from.", required=True
        ),
    ),
)

SEVERITIES = ("watch", "act")

WARNINGS = Table(
    name="warnings",
    meaning="One row is one early-warning signal of one user.",
    kind="decisions",
    key=("user_id", "signal"),
    bucketed=False,
    published=True,
    columns=(
        AS_OF,
        USER,
        _text("signal", "What was seen.", required=True),
        Column(
            name="severity",
            dtype=pl.String(),
            meaning="Watch, or act.",
            required=True,
            values=SEVERITIES,
        ),
        Column(name="value", dtype=pl.Int64(), meaning="Figure seen, in the signal's unit."),
        Column(name="threshold", dtype=pl.Int64(), meaning="Figure that makes it a signal."),
    ),
)

ALERTS = Table(
    name="alerts",
    meaning="One row is one line that people should look at first this month, before it falls "
    "behind.",
    kind="decisions",
    key=("user_id",),
    bucketed=False,
    published=True,
    columns=(
        AS_OF,
        USER,
        Column(
            name="place",
            dtype=pl.Int32(),
            meaning="1 is to be looked at first.",
            unit="count",
            required=True,
            lowest=1,
        ),
        Column(
            name="dpd_end_days",
            dtype=pl.Int32(),
            meaning="Days past due at the month's end.",
            unit="days",
            required=True,
            lowest=0,
            highest=29,
        ),
        PD_PPM,
        _texts("reasons", "`past_due`, then the features that lost most points; at most four."),
    ),
)

DECIDED = (SCORES, DECISIONS, LIMITS, WARNINGS, ALERTS)
