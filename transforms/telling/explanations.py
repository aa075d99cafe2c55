"""Explanations: a decision in plain words, with the user's own figures, in two languages.

Words come from three places: guards of the policy, features of the catalogue (points lost), and
`transforms.deciding.reasons` for what the system itself decides. A code without words is an error.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from transforms.deciding.lines import LINES
from transforms.deciding.reasons import BANNED_PHRASES, SYSTEM_REASON, Reason
from transforms.declared import Declared, nearest
from transforms.errors import RefusedError
from transforms.facts.standing import STANDING
from transforms.features.catalogue import CATALOGUE
from transforms.features.feature import Feature
from transforms.figures import LANGUAGES, figure, filled_in, with_known_parts
from transforms.months import decision_date, months_after
from transforms.policies.guards import Guard
from transforms.policies.policy import Policy
from transforms.tables.decided import DECISIONS
from transforms.tables.logs import DIMENSIONS
from transforms.telling.headlines import (
    dimension_note,
    headline,
    mode_notes,
    offer_notes,
    price_sentence,
    review_sentence,
)
from transforms.telling.payments import payments

MOST_POINTS_LOST = 3
_FEATURE = {feature.name: feature for feature in CATALOGUE}
_UNITS = {column.name: column.unit for t in (LINES, STANDING, DECISIONS) for column in t.columns}
_UNITS |= {feature.name: feature.unit for feature in CATALOGUE}
# A reason that rests on one of these rests on the score, so what cost points is told too.
_OF_THE_SCORE = frozenset({"pd_ppm", "points", "apr_capped"})
STEPS = ("top_step_cents", "least_change_cents")  # figures that only NO_LARGER_STEP names
_SCORE_CODES = frozenset({"DECLINED_RISK", "NO_PROFITABLE_RAISE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonText:
    """One reason in words; `way_back` is empty if the user can do nothing."""

    code: str
    says: str
    way_back: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision in words, in one language.

    Attributes:
        headline: What was decided, with amounts.
        price: What new drawdowns cost; empty if no price is known.
        reasons: Strongest first.
        payments: Which payments of the last months were late; empty if none was.
        points_lost: What cost most points, at most three, where the score is a reason.
        notes: Kinds of data that were not used, and why.
        next_review: When the line is looked at again; empty if it is closed or was declined.
    """

    headline: str
    price: str
    reasons: tuple[ReasonText, ...]
    payments: str
    points_lost: tuple[str, ...]
    notes: tuple[str, ...]
    next_review: str

    def to_plain(self) -> dict[str, Any]:
        """Return it as nested dictionaries and lists, for JSON."""
        plain = asdict(self)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in plain.items()
        }


def explanation(
    decided: Mapping[str, Any],
    facts: Mapping[str, Any],
    policy: Policy,
    supplied: Collection[str],
    currency: str,
    language: str,
) -> Explanation:
    """Put one decision into words.

    Args:
        decided: One row of DECISIONS or LIMITS, with its `mode`; without one it is live. With
            `offered_cents` and `offered_month` of a raise that is not in force, if there is one.
        facts: What was known of the user: the rows of FEATURES, LINES, STANDING and SCORES
            together; a figure that is missing reads as unknown. `credit_months` holds the user's
            rows of CREDIT_MONTHS of the last months, oldest first, and `late_instalments` those
            of `transforms.facts.instalments`; `ways_back` what `transforms.telling.ways_back`
            found, by code.
        policy: The policy that decided.
        supplied: Dimensions of data that the lender's logs have at all.
        currency: Of the lake.
        language: `en` or `zh`.

    Raises:
        RefusedError: The language is not known, or a reason code has no words.
    """
    if language not in LANGUAGES:
        raise RefusedError(
            f"No words in language {language!r}.{nearest(language, LANGUAGES)} Choose one of them."
        )
    values = {**facts, **_steps(decided, facts, policy), **decided}
    words = _Words(values, policy, currency, language)
    return Explanation(
        headline=headline(decided, currency, language),
        price=price_sentence(decided, language),
        reasons=tuple(words.reason(code) for code in decided["reasons"]),
        payments=payments(
            facts.get("credit_months") or (), facts.get("late_instalments"), currency, language
        ),
        points_lost=words.points_lost(),
        notes=(
            *mode_notes(decided, language),
            *offer_notes(decided, currency, language),
            *_notes(facts, supplied, language),
        ),
        next_review=_next_review(decided, language),
    )


def _steps(
    decided: Mapping[str, Any], facts: Mapping[str, Any], policy: Policy
) -> dict[str, int | None]:
    """Return how far the highest step leads, and by how much a limit changes at least."""
    line, before = policy.line, decided["limit_before_cents"]
    top = facts.get("highest_step_cents")
    if before is None or top is None:
        return {}
    least = int(line.least_change_cents(before))
    return dict(zip(STEPS, (line.rounded_cents(top), least), strict=True))


def _next_review(decided: Mapping[str, Any], language: str) -> str:
    """Tell the next decision: the monthly one, if no review comes earlier; of what is open only.

    Nobody looks at a declined application or a closed line again; where limits are indicative,
    everybody applies anew each month.
    """
    if decided["line_status"] == "closed" and decided.get("mode") != "indicative":
        return ""
    this_month = decided["as_of"].replace(day=1)
    on = min(decided["next_review_on"], decision_date(months_after(this_month, 1)))
    return review_sentence(on, language)


def require_words(declared: Declared, policy: Policy) -> None:
    """Check the words of a policy: every code can be told, and no sentence is empty talk.

    Raises:
        RefusedError: A code in capitals is none of the system's, a code is also a feature's
            name, or a sentence contains a banned phrase; names file and line.
    """
    rows = declared.data.get("guard", [])
    for index, row in enumerate(rows):
        code = row["reason"]
        if code.isupper() and code not in SYSTEM_REASON:
            raise declared.refused(
                ("guard", index, "reason"),
                f"{code!r} is no reason of the system.{nearest(code, SYSTEM_REASON)}",
            )
        if code in _FEATURE:
            raise declared.refused(
                ("guard", index, "reason"), f"{code!r} is the name of a feature. Choose another."
            )
        for key in ("says", "says_zh", "way_back", "way_back_zh"):
            found = [phrase for phrase in BANNED_PHRASES if phrase in row.get(key, "").lower()]
            if found:
                raise declared.refused(
                    ("guard", index, key),
                    f"{found[0]!r} tells the user nothing. Say what is the case, with the figure.",
                )


@dataclass(frozen=True, slots=True)
class _Words:
    """Sentences about one row: `values` is everything that is known of it."""

    values: Mapping[str, Any]
    policy: Policy
    currency: str
    language: str

    def reason(self, code: str) -> ReasonText:
        """Return the words of a code: a guard's, the system's, or a feature's."""
        source = self._guard(code) or SYSTEM_REASON.get(code)
        if source is not None:
            ways = (self.values.get("ways_back") or {}).get(code, {})
            return ReasonText(
                code=code,
                says=self._said(source, "says"),
                way_back=self._said(source, "way_back", ways),
            )
        if code in _FEATURE:
            return ReasonText(code=code, says=self._lost(_FEATURE[code]), way_back="")
        known = [guard.reason for guard in self.policy.guards]
        raise RefusedError(
            f"Reason {code!r} of user {self.values.get('user_id')!r} has no words in policy "
            f"{self.policy.version}.{nearest(code, [*known, *SYSTEM_REASON])} "
            "Explain the month with the policy that decided it."
        )

    def points_lost(self) -> tuple[str, ...]:
        """Return what cost most points, if the score is among the reasons."""
        codes = self.values["reasons"]
        guards = [guard for guard in map(self._guard, codes) if guard is not None]
        if not any(map(self._reads_score, guards)) and not _SCORE_CODES & set(codes):
            return ()
        lost = [
            one["feature"]
            for one in self.values.get("contributions") or ()
            if one["points_lost"] > 0 and one["feature"] not in codes
        ]
        # What is not known is scored neutrally and is no reproach.
        known = [name for name in lost if self.values.get(name) is not None]
        return tuple(self._lost(_FEATURE[name]) for name in known[:MOST_POINTS_LOST])

    def _reads_score(self, guard: Guard) -> bool:
        """Tell whether a guard rests on the score, itself or through what a run recorded."""
        recorded = {
            read
            for name, state in self.policy.states.items()
            if guard.reads & {name, f"{name}_before"}
            for read in state.meta.root_names()
        }
        return bool((guard.reads | recorded) & _OF_THE_SCORE)

    def _guard(self, code: str) -> Guard | None:
        """Return the guard that a code stands for: of several, one that decided, or that fired."""
        mine = [guard for guard in self.policy.guards if guard.reason == code]
        for names in ("deciding_guards", "guards_fired"):
            for guard in mine:
                if guard.name in (self.values.get(names) or ()):
                    return guard
        return mine[0] if mine else None

    def _said(self, source: Guard | Reason, key: str, ways: Mapping[str, Any] | None = None) -> str:
        text = getattr(source, key if self.language == "en" else f"{key}_zh")
        values = {**self.values, **(ways or {})}
        if ways is not None or isinstance(source, Reason):
            text = with_known_parts(text, values)
        return filled_in(text, values, _UNITS, self.currency, self.language)

    def _lost(self, feature: Feature) -> str:
        value = self.values.get(feature.name)
        english = self.language == "en"
        if value is None:
            meaning = feature.meaning if english else feature.meaning_zh
            return f"{'Not known' if english else '未知'}: {meaning}"
        return filled_in(
            feature.reason_en if english else feature.reason_zh,
            {"value": value},
            {"value": feature.unit},
            self.currency,
            self.language,
        )


def _notes(facts: Mapping[str, Any], supplied: Collection[str], language: str) -> tuple[str, ...]:
    notes = [
        dimension_note(name, "not_supplied", language)
        for name in DIMENSIONS
        if name not in supplied
    ]
    if "social" in supplied and not facts.get("consent_social"):
        notes.append(dimension_note("social", "no_consent", language))
    return tuple(notes)


__all__ = ["Explanation", "ReasonText", "explanation", "figure", "filled_in", "require_words"]
