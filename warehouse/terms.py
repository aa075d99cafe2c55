"""The lender's terms: dated policy files, read, checked and chosen by the decision date."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.months import decision_date
from transforms.packs import Pack, pack_of
from transforms.policy import Policy, in_force, policy_of
from transforms.rate_cards import RateCard, rate_card_of
from transforms.scorecard import Scorecard, scorecard_of
from transforms.terms import Terms, guard_columns
from transforms.warnings import Signals, signals_of
from warehouse.audit import Chain
from warehouse.digests import text_sha256

_PARTS = ("packs", "rate_cards", "scorecards", "warnings")


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsInForce:
    """Everything that the lender decided and that holds on one decision date.

    Attributes:
        policy, pack, rate_card, scorecard, signals: In force on that day.
        texts: The text of each of their files, by its name below the policies folder.
    """

    policy: Policy
    pack: Pack
    rate_card: RateCard
    scorecard: Scorecard
    signals: Signals
    texts: dict[str, str]

    @property
    def terms(self) -> Terms:
        """Return what a decision is made by."""
        return Terms(policy=self.policy, pack=self.pack, rate_card=self.rate_card)

    def apr_cap_bps(self, month: date) -> int:
        """Return the highest annual cost that the law allows on the month's decision date."""
        return self.pack.cost_cap_bps(self.rate_card.lender_type, decision_date(month))


def read_terms(folder: Path, on: date, currency: str) -> TermsInForce:
    """Read and check every dated file, and return those in force.

    Args:
        folder: Policies; subfolders packs, rate_cards, scorecards, warnings.
        on: Decision date.
        currency: Of the lake; a pack holds for one currency.

    Raises:
        RefusedError: A file is wrong (names file, line and nearest valid name), or none is in
            force.
    """
    columns = guard_columns()
    read = {
        "policies": [(d, policy_of(d, columns)) for d in _declared(folder, "")],
        "packs": [(d, pack_of(d)) for d in _declared(folder, "packs")],
        "rate_cards": [(d, rate_card_of(d)) for d in _declared(folder, "rate_cards")],
        "scorecards": [(d, scorecard_of(d)) for d in _declared(folder, "scorecards")],
        "warnings": [(d, signals_of(d, columns)) for d in _declared(folder, "warnings")],
    }
    read["packs"] = [(d, pack) for d, pack in read["packs"] if pack.currency == currency]
    if not read["packs"]:
        raise RefusedError(
            f"Policies {folder / 'packs'}: no rule pack is for {currency}, the lake's currency. "
            "Add one."
        )
    chosen = {part: in_force([item for _, item in files], on) for part, files in read.items()}
    texts = {
        declared.name: declared.text
        for part, files in read.items()
        for declared, item in files
        if item is chosen[part]
    }
    return TermsInForce(
        policy=chosen["policies"],
        pack=chosen["packs"],
        rate_card=chosen["rate_cards"],
        scorecard=chosen["scorecards"],
        signals=chosen["warnings"],
        texts=texts,
    )


def late_months(folder: Path, month: date) -> int:
    """Return how far back the facts of `month` and before may be revised."""
    columns = guard_columns()
    policies = [policy_of(declared, columns) for declared in _declared(folder, "")]
    return in_force(policies, decision_date(month)).late_months


def require_unchanged(chain: Chain, texts: dict[str, str]) -> None:
    """Check that no file in force was edited after a published month used it.

    Raises:
        RefusedError: One was; names it and the month.
    """
    for entry in chain.entries:
        if entry.group != "limits":
            continue
        for name, text in texts.items():
            used = entry.texts.get(name)
            if used and used != text_sha256(text):
                raise RefusedError(
                    f"{name}: changed after {entry.months[-1]:%Y-%m} was published with it. "
                    "Restore it, and put the change into a new file with a later effective_from."
                )


def _declared(folder: Path, part: str) -> list[Declared]:
    place = folder / part if part else folder
    found = sorted(place.glob("*.toml"))
    if not found:
        raise RefusedError(
            f"Policies {place}: no TOML file there. Set LIMITWISE_POLICIES to the folder of yours."
        )
    return [_read(path, f"{part}/{path.name}" if part else path.name) for path in found]


def _read(path: Path, name: str) -> Declared:
    try:
        return Declared(path.read_text("utf-8"), f"policies/{name}")
    except UnicodeDecodeError as problem:
        raise RefusedError(f"{path}: is not UTF-8 ({problem}). Save it as UTF-8.") from None
