"""Models in a folder: each in one of its own, named by what it holds."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.scoring.scorecard import Scorecard, scorecard_of
from warehouse.scores.card_html import card_html
from warehouse.store.digests import digest_of

SCORECARD, CARD = "scorecard.toml", "card.json"


def keep_model(to: Path, files: Mapping[str, str], card: Mapping[str, Any]) -> dict[str, Any]:
    """Write a model's folder at once, and return its card with `model_id` and `folder`."""
    model_id = _identity(files, card)
    card = {"model_id": model_id, **card}
    to.mkdir(parents=True, exist_ok=True)
    folder = to / model_id
    if not folder.exists():
        written = {**files, CARD: json.dumps(card, indent=2) + "\n", "card.html": card_html(card)}
        with tempfile.TemporaryDirectory(prefix=".", dir=to) as space:
            staged = Path(space) / model_id
            staged.mkdir()
            for name, text in written.items():
                (staged / name).write_text(text, encoding="utf-8")
            try:
                staged.replace(folder)
            except OSError:
                if not folder.exists():  # else another run was faster with the same model
                    raise
    return {**card, "folder": str(folder)}


def read_model(models: Path, model_id: str) -> tuple[dict[str, str], dict[str, Any], Scorecard]:
    """Return a model's files, its card and its scorecard, as training wrote them.

    Raises:
        RefusedError: It is not there, or a file was changed since.
    """
    folder = models / model_id
    known = sorted(path.name for path in models.glob("[0-9a-f]*")) if models.is_dir() else []
    if model_id not in known:
        listed = ", ".join(known[:8]) or "no model"
        raise RefusedError(f"Model {model_id[:40]!r}: is not in {models}, which has {listed}.")
    try:
        card = json.loads((folder / CARD).read_text("utf-8"))
        files = {
            path.name: path.read_text("utf-8")
            for path in sorted(folder.iterdir())
            if path.name not in (CARD, "card.html")
        }
        inner = {name: value for name, value in card.items() if name != "model_id"}
        whole = card["model_id"] == model_id == _identity(files, inner) and SCORECARD in files
    except (OSError, ValueError, KeyError, AttributeError):
        whole = False
    if not whole:
        raise RefusedError(
            f"Model {folder}: is not as training wrote it. Train again; a scorecard that a person "
            "edited goes among the policies as a file of its own."
        )
    return files, card, scorecard_of(Declared(files[SCORECARD], f"{folder}/{SCORECARD}"))


def _identity(files: Mapping[str, str], card: Mapping[str, Any]) -> str:
    return digest_of({"files": dict(files), "card": dict(card)})[:16]
