"""The lender's terms: dated policy files, read, checked and chosen by the decision date."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from transforms.deciding.price import lawful_caps
from transforms.deciding.terms import Terms, guard_columns
from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.months import decision_date
from transforms.policies.packs import Pack, pack_of
from transforms.policies.policy import Policy, in_force, policy_of
from transforms.policies.rate_cards import RateCard, rate_card_of
from transforms.scoring.scorecard import Scorecard, scorecard_of
from transforms.telling.explanations import require_words
from transforms.watching.warnings import Signals, signals_of
from warehouse.store.audit import Chain
from warehouse.store.digests import text_sha256
from warehouse.store.lake import Lake
from warehouse.store.staging import TEXTS

POLICIES = "policies"
PARTS = ("", "packs", "rate_cards", "scorecards", "warnings")


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


def read_terms(
    folder: Path, on: date, currency: str, promoted: Iterable[Declared] = ()
) -> TermsInForce:
    """Read and check every dated file, and return those in force.

    Args:
        folder: Policies; subfolders packs, rate_cards, scorecards, warnings.
        on: Decision date.
        currency: Of the lake; a pack holds for one currency.
        promoted: Scorecards that the lake keeps beside those of the folder; see `promotions`.

    Raises:
        RefusedError: A file is wrong (names file, line and nearest valid name), or none is in
            force.
    """
    files = [_read(path, name) for path, name in _files(folder)]
    return _in_force([*files, *promoted], on, currency)


def pack_missing(folder: Path, currency: str) -> str | None:
    """Return why no limit can be decided in a currency: no pack is for it; None if one is."""
    try:
        packs = [pack_of(_read(path, name)) for path, name in _files(folder, ("packs",))]
    except RefusedError as refused:
        return str(refused)
    return None if currency in {pack.currency for pack in packs} else _no_pack(currency)


def _no_pack(currency: str) -> str:
    return (
        f"Policies: no file in {POLICIES}/packs is for {currency}. Copy the nearest one there "
        f'under a name of its own, write currency = "{currency}" and what your law demands into '
        "it, and have it checked by counsel."
    )


def promoted_name(model_id: str, first: date) -> str:
    """Return the name of a scorecard promoted to decide from a month on, among other texts."""
    return f"{POLICIES}/scorecards/promoted-{first:%Y-%m}-{model_id}.toml"


def promotions(chain: Chain, month: date) -> dict[int, Declared]:
    """Return the scorecards promoted to decide from `month` or an earlier one, by audit entry."""
    found = {
        entry.number: promoted_name(entry.parameters["model_id"], first)
        for first, entry in chain.heads("promotion").items()
        if first <= month
    }
    shas = {number: chain.entries[number - 1].texts[name] for number, name in found.items()}
    kept = _kept(chain.lake, set(shas.values()))
    return {number: Declared(kept[shas[number]], name) for number, name in found.items()}


def _kept(lake: Lake, shas: Collection[str]) -> dict[str, str]:
    """Return texts that the lake keeps, by SHA-256.

    Raises:
        RefusedError: One is gone or is not as it was written: nothing is decided or told by it.
    """
    names = {f"{TEXTS}/{sha256}": sha256 for sha256 in shas}
    kept = lake.place.read_all(names)
    for name, sha256 in names.items():
        wrong = "is missing" if name not in kept else "not as it was written"
        if name not in kept or hashlib.sha256(kept[name]).hexdigest() != sha256:
            raise RefusedError(f"Text {lake.place.shown(name)}: {wrong}. Restore it from a backup.")
    return {sha256: kept[name].decode() for name, sha256 in names.items()}


def pinned_terms(lake: Lake, texts: Mapping[str, str], on: date) -> TermsInForce:
    """Return the terms that a run was made under, from the texts that the lake keeps.

    Args:
        lake: The lake.
        texts: SHA-256 of each text, by name, as an audit entry or a staging lists them.
        on: Decision date.
    """
    ours = {name: sha for name, sha in sorted(texts.items()) if name.startswith(f"{POLICIES}/")}
    kept = _kept(lake, ours.values())
    declared = [Declared(kept[sha], name) for name, sha in ours.items()]
    return _in_force(declared, on, lake.currency)


def _in_force(files: list[Declared], on: date, currency: str) -> TermsInForce:
    columns = guard_columns()
    readers = {
        "": lambda declared: _policy(declared, columns),
        "packs": pack_of,
        "rate_cards": rate_card_of,
        "scorecards": scorecard_of,
        "warnings": lambda declared: signals_of(declared, columns),
    }
    chosen, texts = {}, {}
    for part, reader in readers.items():
        read = [(declared, reader(declared)) for declared in files if _part_of(declared) == part]
        if part == "packs":
            read = [(declared, pack) for declared, pack in read if pack.currency == currency]
        if not read:
            raise RefusedError(_no_pack(currency))
        chosen[part] = in_force([item for _, item in read], on)
        texts |= {d.name: d.text for d, item in read if item is chosen[part]}
    lawful_caps(chosen["rate_cards"], chosen["packs"])  # refuses a card whose fees break the law
    return TermsInForce(
        policy=chosen[""],
        pack=chosen["packs"],
        rate_card=chosen["rate_cards"],
        scorecard=chosen["scorecards"],
        signals=chosen["warnings"],
        texts=texts,
    )


def _policy(declared: Declared, columns: Mapping[str, pl.DataType]) -> Policy:
    policy = policy_of(declared, columns)
    require_words(declared, policy)
    return policy


def _part_of(declared: Declared) -> str:
    return declared.name.removeprefix(f"{POLICIES}/").rpartition("/")[0]


def late_months(folder: Path, month: date) -> int:
    """Return how far back the facts of `month` and before may be revised."""
    columns = guard_columns()
    policies = [_policy(_read(path, name), columns) for path, name in _files(folder, ("",))]
    return in_force(policies, decision_date(month)).late_months


def require_unchanged(chain: Chain, texts: dict[str, str]) -> None:
    """Check that no file in force was edited after a month was decided by it.

    A month held by hand was decided by none, so that what made it be held can be mended.

    Raises:
        RefusedError: One was; names it and the month.
    """
    for entry in chain.entries:
        if entry.kind != "limits":
            continue
        for name, text in texts.items():
            used = entry.texts.get(name)
            if used and used != text_sha256(text):
                raise RefusedError(
                    f"{name}: changed after {entry.months[-1]:%Y-%m} was published with it. "
                    "Restore it, and put the change into a new file with a later effective_from."
                )


def _files(folder: Path, parts: tuple[str, ...] = PARTS) -> list[tuple[Path, str]]:
    found = []
    for part in parts:
        place = folder / part if part else folder
        paths = sorted(place.glob("*.toml"))
        if not paths:
            raise RefusedError(
                f"Policies {place}: no TOML file there. Set LIMITWISE_POLICIES to the folder of "
                "yours."
            )
        found += [(path, "/".join(filter(None, (POLICIES, part, path.name)))) for path in paths]
    return found


def _read(path: Path, name: str) -> Declared:
    try:
        return Declared(path.read_text("utf-8"), name)
    except UnicodeDecodeError as problem:
        raise RefusedError(f"{path}: is not UTF-8 ({problem}). Save it as UTF-8.") from None
