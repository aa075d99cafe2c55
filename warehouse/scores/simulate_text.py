"""A simulated month for people."""

from typing import Any

from transforms.figures import money
from warehouse.printing import text_table
from warehouse.scores.simulate import GROUPS

_WORDS = {"limit_cents": "limit", "action": "action", "apr_bps": "price", "pd_ppm": "PD"}
_VERSIONS = ("policy", "scorecard")
_HONEST = (
    "Nothing was written. Each line starts from what it was then; what users would have done under "
    "other limits is not in these data."
)


def simulate_text(found: dict[str, Any], currency: str) -> str:
    """Return what `simulate` found as tables."""
    removed = f", without {', '.join(found['without'])}" if found["without"] else ""
    policy, scorecard = (" -> ".join(_once(found[f"{name}_version"])) for name in _VERSIONS)
    differ = ", ".join(f"{found['differ'][key]:,} {word}s" for key, word in _WORDS.items())
    actions = [[name, *(f"{count:,}" for count in both)] for name, both in found["actions"].items()]
    actions.append(["limits in total", *(money(c, currency, "en") for c in found["limit_cents"])])
    header = ["", "published", "simulated"]
    parts = [
        f"{found['month']}: {found['lines']:,} lines, policy {policy}, scorecard {scorecard}"
        f"{removed}.\nDiffer: {differ}.",
        text_table(header, actions, right=header[1:]),
        *(_by(found[f"by_{group}"], group, currency) for group in GROUPS),
        _HONEST,
    ]
    return "\n\n".join(parts)


def _once(versions: list[str]) -> list[str]:
    return list(dict.fromkeys(versions))


def _by(groups: dict[str, Any], group: str, currency: str) -> str:
    header = [group, "lines", "higher", "lower", "limits published", "limits simulated"]
    rows = [
        [
            value,
            *(f"{row[name]:,}" for name in ("lines", "higher", "lower")),
            *(money(cents, currency, "en") for cents in row["limit_cents"]),
        ]
        for value, row in groups.items()
    ]
    return text_table(header, rows, right=header[1:])
