"""Promotion: a person lets a trained score decide, from a month that is not decided yet."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.months import decision_date, month_text, months_after
from transforms.scoring.scorecard import Scorecard
from transforms.training.card import lacking
from transforms.training.scorecard_text import scorecard_text
from warehouse.monthly.terms import promoted_name, read_terms
from warehouse.scores.models import CARD, read_model
from warehouse.settings import Settings
from warehouse.store.audit import Chain
from warehouse.store.digests import digest_of, inputs_id
from warehouse.store.lake import Lake
from warehouse.store.publish import publish
from warehouse.store.staging import Staging

_PARTS_NAMED = 6


def promote(
    lake: Lake, settings: Settings, model_id: str, first: date, by: str, reason: str
) -> str:
    """Record that a model's scorecard decides from a month on; return one line that says so.

    The entry keeps the scorecard and the whole card. Every later month reads the scorecard from
    it, and names the entry among those that it relies on.

    Args:
        lake: The lake.
        settings: Where models and policies lie.
        model_id: Folder of the model.
        first: First month decided by it, which has no limits yet.
        by, reason: Who promotes it, and why; kept in the entry.

    Raises:
        RefusedError: Nobody is named or no reason given; the card is incomplete or of another
            model; the month is decided already, or a scorecard of the policies begins then.
    """
    if not by.strip() or not reason.strip():
        raise RefusedError("Promotion: --by and --reason must say who and why. Fill both in.")
    chain = Chain.read(lake)
    _require_undecided(chain, first)
    files, card, scorecard = read_promotable(settings.models, model_id)
    # It begins on the decision date of its first month, not when training could end at the latest.
    beginning = replace(scorecard, effective_from=decision_date(first))
    text = scorecard_text(beginning)
    name = promoted_name(model_id, first)
    read_terms(settings.policies, decision_date(first), lake.currency, [Declared(text, name)])
    identity = inputs_id(
        {
            "kind": "promotion",
            "model": model_id,
            "month": month_text(first),
            "text": digest_of(text),
        }
    )
    head = chain.head("promotion", first)
    if head and head.inputs_id == identity:
        return f"Model {model_id}: decides from {month_text(first)} on already (audit {head.name})."
    staging = Staging.begin(lake, first, identity, base=chain.newest)
    staging.keep_text(name, text)
    for file, content in {**files, CARD: json.dumps(card, indent=2) + "\n"}.items():
        staging.keep_text(f"models/{model_id}/{file}", content)
    staging.seal(
        {
            "kind": "promotion",
            "months": [month_text(first)],
            "reads": [],
            "parameters": {"model_id": model_id, "by": by.strip(), "reason": reason.strip()},
            "versions": {"scorecard": beginning.version},
            "figures": {"out_of_time": _worth(card)},
        }
    )
    publish(lake, staging, run={"run_id": "promote"}, clock=lambda: datetime.now(UTC))
    return (
        f"Model {model_id}: decides from {month_text(first)} on, promoted by {by.strip()}. "
        f"`limitwise run {month_text(first)}` uses it."
    )


def read_promotable(
    models: Path, model_id: str
) -> tuple[dict[str, str], dict[str, Any], Scorecard]:
    """Return a model whose card is whole.

    Raises:
        RefusedError: It is not there, was changed, or its card lacks a part.
    """
    files, card, scorecard = read_model(models, model_id)
    missing = lacking(card, scorecard)
    if missing:
        more = f" and {len(missing) - _PARTS_NAMED} more" if len(missing) > _PARTS_NAMED else ""
        raise RefusedError(
            f"Model {model_id}: its card lacks {', '.join(missing[:_PARTS_NAMED])}{more}. A score "
            "is promoted with a complete card only. Train it again."
        )
    return files, card, scorecard


def _require_undecided(chain: Chain, first: date) -> None:
    newest = chain.newest_limits_month
    if newest and first <= newest:
        raise RefusedError(
            f"Month {month_text(first)}: is decided already, and a score is not changed behind it. "
            f"Promote from {month_text(months_after(newest, 1))} or later."
        )


def _worth(card: Mapping[str, Any]) -> dict[str, float]:
    return {name: found["auc"] for name, found in card["scores"]["out_of_time"].items()}
