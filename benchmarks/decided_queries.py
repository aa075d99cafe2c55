"""Score, choice and publishing as SQL, for DuckDB and for Spark, from the same policy as ours."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from transforms.policies.economics import BPS, PART, PPM, Economics
from transforms.policies.policy import Policy
from transforms.policies.segment_rules import SegmentRules
from transforms.scoring.scorecard import Scorecard, ScoredFeature
from transforms.tables.decided import LIMITS


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine says what is not said alike everywhere.

    Attributes:
        divide: Operator of whole division.
        struct: A struct of names and values.
        turned: Structs, listed at `{listed}`, in order and each as `{shape}` says of `one`.
        best: The first expression where the other three, in turn, are greatest.
    """

    divide: str
    struct: Callable[[dict[str, str]], str]
    turned: str
    best: Callable[[str, str, str, str], str]

    def contributions(self, structs: Iterable[dict[str, str]]) -> str:
        """Return points by feature, most lost first, given `lost` below 0, `feature`, `points`."""
        told = {"feature": "one.feature", "points": "one.points", "points_lost": "-one.lost"}
        listed = ", ".join(map(self.struct, structs))
        return self.turned.format(listed=listed, shape=self.struct(told))


def _duckdb_struct(values: dict[str, str]) -> str:
    fields = ", ".join(f"'{name}': {value}" for name, value in values.items())
    return f"{{{fields}}}"


def _spark_struct(values: dict[str, str]) -> str:
    fields = ", ".join(f"'{name}', {value}" for name, value in values.items())
    return f"named_struct({fields})"


DUCKDB = Dialect(
    divide="//",
    struct=_duckdb_struct,
    turned="list_transform(list_sort([{listed}]), lambda one: {shape})",
    best=lambda value, *keys: f"arg_max({value}, ({', '.join(keys)}))",
)
SPARK = Dialect(
    divide="div",
    struct=_spark_struct,
    turned="transform(array_sort(array({listed})), one -> {shape})",
    best=lambda value, *keys: f"max_by({value}, struct({', '.join(keys)}))",
)


def scored(dialect: Dialect, table: str, scorecard: Scorecard) -> str:
    """Return the query of points, default probability and points lost by feature."""
    of_name = sorted(scorecard.features, key=lambda one: one.name)
    points = ",\n".join(f"{_points(one)} AS p_{one.name}, {one.name}" for one in of_name)
    total = " + ".join([str(scorecard.base_points), *(f"p_{one.name}" for one in of_name)])
    structs = [
        {"lost": _lost(one), "feature": f"'{one.name}'", "points": f"p_{one.name}"}
        for one in of_name
    ]
    return f"""
        SELECT user_id, points, {_pd(dialect, scorecard)} AS pd_ppm, contributions,
            '{scorecard.version}' AS scorecard_version
        FROM (SELECT user_id, {total} AS points,
            {dialect.contributions(structs)} AS contributions
            FROM (SELECT user_id, {points} FROM {table}))
    """


def _points(scored_feature: ScoredFeature) -> str:
    *bounded, last = scored_feature.bins
    cases = [f"WHEN {scored_feature.name} IS NULL THEN {scored_feature.null_points}"]
    cases += [f"WHEN {scored_feature.name} <= {one.at_most} THEN {one.points}" for one in bounded]
    return f"CASE {' '.join(cases)} ELSE {last.points} END"


def _lost(scored_feature: ScoredFeature) -> str:
    """Return what is lost, below 0, so that the most comes first."""
    name, best = scored_feature.name, scored_feature.best_points
    return f"CASE WHEN {name} IS NULL THEN 0 ELSE least(p_{name} - {best}, 0) END"


def _pd(dialect: Dialect, scorecard: Scorecard) -> str:
    falls = [str(scorecard.pd_ppm[0][1])]
    for (low, ppm_low), (high, ppm_high) in pairwise(scorecard.pd_ppm):
        width = high - low
        within = f"least(greatest(points - {low}, 0), {width})"
        # Rounded down, so what it falls by is rounded up.
        falls.append(f"({within} * {ppm_low - ppm_high} + {width - 1}) {dialect.divide} {width}")
    return " - ".join(falls)


def chosen(dialect: Dialect, table: str, policy: Policy) -> str:
    """Return the query of the most profitable candidate between the bounds of every line."""
    div, economics = dialect.divide, policy.economics
    best = dialect.best("limit_cents", "net", "-abs(limit_cents - before)", "-limit_cents")
    profit, loss = (
        dialect.best(name, "net", "-abs(limit_cents - before)", "-limit_cents")
        for name in ("profit", "loss")
    )
    return f"""
        SELECT user_id, {best} AS limit_cents, {profit} AS expected_profit_cents,
            {loss} AS expected_loss_cents
        FROM (SELECT user_id, before, limit_cents,
            {_cents(div, f"margin_parts - lost_parts - {_change_cost(economics)}")} AS profit,
            {_cents(div, f"margin_parts - lost_parts - {_change_cost(economics)} - price")} AS net,
            {_cents(div, "loss_parts")} AS loss
            FROM (SELECT user_id, before, limit_cents,
                {_parts(div, "used", "margin")} AS margin_parts,
                {_parts(div, "ead", f"(loss_rate + {_capital(economics)})")} AS lost_parts,
                {_parts(div, "ead", "loss_rate")} AS loss_parts,
                {economics.line_price_bps} * greatest(limit_cents - before, 0)
                    * {PART // BPS} AS price
                FROM ({_exposed(div, economics, _candidates(div, table, policy))})))
        GROUP BY user_id
    """


def _exposed(div: str, economics: Economics, candidates: str) -> str:
    """Return the query of each candidate's balance, exposure and rates."""
    bad = "pd_ppm * factor"
    whole = f"(({PPM} - pd_ppm) * {PPM} + {bad})"
    added = f"{economics.marginal_use_bps} * greatest(limit_cents - before, 0) {div} {BPS}"
    return f"""
        SELECT *, used + {economics.ccf_bps} * greatest(limit_cents - used, 0) {div} {BPS} AS ead,
            ({PPM} - pd_then) * (apr_bps - {economics.funding_bps}) AS margin,
            pd_then * {economics.lgd_bps} AS loss_rate
        FROM (SELECT *, ({bad} * {PPM} + {whole} {div} 2) {div} {whole} AS pd_then,
            CASE WHEN limit_cents >= before THEN least(limit_cents, owed + {added})
                ELSE owed END AS used
            FROM ({candidates}))
    """


def _candidates(div: str, table: str, policy: Policy) -> str:
    """Return the query of every limit that each line may be given."""
    line, rules = policy.line, policy.segments
    lines = f"""SELECT user_id, segment, limit_before_cents AS before,
        greatest(balance_end_cents, 0) AS owed, cast(pd_ppm AS BIGINT) AS pd_ppm,
        cast(apr_bps AS BIGINT) AS apr_bps, coalesce(lower_bound_cents, -1) AS lowest,
        coalesce(upper_bound_cents, 4611686018427387904) AS highest FROM {table}"""
    steps = ", ".join(
        f"('{name}', cast({step} AS BIGINT), cast({factor} AS BIGINT))"
        for name, rule in rules.items()
        for step, factor in zip(rule.ladder_bps, rule.odds_factor_ppm, strict=True)
    )
    rounded = f"(before * ({BPS} + step_bps) {div} {BPS} {div} {line.round_to_cents})"
    amount = f"CASE WHEN step_bps = 0 THEN before ELSE {rounded} * {line.round_to_cents} END"
    changed = "abs(limit_cents - before)"
    worth_making = f"""(step_bps = 0 OR ({changed} >= {line.smallest_change_cents}
        AND {changed} * {BPS} >= before * {line.smallest_change_bps}
        AND sign(limit_cents - before) = sign(step_bps)))"""
    down = f"(highest {div} {line.round_to_cents} * {line.round_to_cents})"
    columns = "user_id, before, owed, pd_ppm, apr_bps"
    return f"""
        SELECT {columns}, factor, limit_cents
        FROM (SELECT *, {amount} AS limit_cents FROM ({lines}) AS own
            JOIN (VALUES {steps}) AS ladder (segment, step_bps, factor) USING (segment))
        WHERE {worth_making} AND limit_cents BETWEEN lowest AND highest
        UNION ALL
        SELECT {columns}, {PPM} AS factor,
            CASE WHEN {down} >= lowest THEN {down} ELSE highest END AS limit_cents
        FROM ({lines}) AS own WHERE highest < before
        UNION ALL
        SELECT {columns}, {_factor_of_lowest(div, rules)} AS factor, lowest AS limit_cents
        FROM ({lines}) AS own WHERE lowest > before
    """


def _factor_of_lowest(div: str, rules: dict[str, SegmentRules]) -> str:
    cases = [
        f"WHEN segment = '{name}' AND before * {BPS + step} {div} {BPS} >= lowest THEN {factor}"
        for name, rule in rules.items()
        for step, factor in zip(rule.ladder_bps, rule.odds_factor_ppm, strict=True)
    ]
    cases += [
        f"WHEN segment = '{name}' THEN {rule.odds_factor_ppm[-1]}" for name, rule in rules.items()
    ]
    return f"CASE {' '.join(cases)} END"


def _parts(div: str, cents: str, rate: str) -> str:
    return f"({cents} * ({rate} {div} {PART}) + {cents} * ({rate} % {PART}) {div} {PART})"


def _cents(div: str, parts: str) -> str:
    """Return parts of cents rounded to cents, a half up, below 0 too."""
    half = f"({parts} + {PART // 2})"
    below = f"-(({PART - 1} - {half}) {div} {PART})"
    return f"CASE WHEN {half} < 0 THEN {below} ELSE {half} {div} {PART} END"


def _capital(economics: Economics) -> int:
    return economics.hurdle_bps * economics.capital_ratio_bps * (PPM // BPS)


def _change_cost(economics: Economics) -> str:
    cost = economics.change_cost_cents * PART
    return f"CASE WHEN limit_cents = before THEN 0 ELSE {cost} END"


def published(table: str, inputs_id: str) -> str:
    """Return the query of the rows that are published, in their order."""
    said = {"inputs_id": f"'{inputs_id}' AS inputs_id", "mode": "'live' AS mode"}
    columns = ", ".join(said.get(name, name) for name in LIMITS.schema)
    return f"SELECT {columns} FROM {table} ORDER BY user_id"
