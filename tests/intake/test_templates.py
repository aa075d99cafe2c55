"""Which rows a line gives, when a file section has several templates or conditions."""

import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, HEAD, line, load, source
from transforms.errors import RefusedError

TWO_EVENTS = (
    HEAD
    + """
[[file]]
name = "loans"
path = "loans/{month}.jsonl"
format = "jsonl"
every = "month"
fields = ["live"]

  [[file.event]]
  event_id = { template = "{loan}/drawdown" }
  user_id = "user"
  occurred_at = { column = "day", format = "%Y%m%d", zone = "Asia/Shanghai" }
  event_type = { is = "drawdown" }
  amount_cents = { column = "amount", unit = "cents" }
  when = "amount_cents <> 0 AND live = 'true'"

  [[file.event]]
  event_id = { template = "{loan}/due" }
  user_id = "user"
  occurred_at = { column = "day", format = "%Y%m%d", zone = "Asia/Shanghai" }
  event_type = { is = "instalment_due" }
  amount_cents = { column = "total", unit = "cents" }
  due_on = { column = "due", formats = ["%Y-%m-%d", "%d/%m/%Y"] }
"""
)
LOANS = "loans/2026-10.jsonl"


def loan(**fields):
    given = {
        "loan": '"l1"',
        "user": '"ana"',
        "day": '"20261005"',
        "amount": "100",
        "total": "110",
        "due": '"2026-11-05"',
        "live": "true",
    } | fields
    return "{" + ",".join(f'"{key}":{value}' for key, value in given.items()) + "}\n"


@pytest.mark.parametrize(
    ("given", "events", "because"),
    [
        (loan(), ["l1/drawdown", "l1/due"], "both exist"),
        (loan(due='"05/11/2026"'), ["l1/drawdown", "l1/due"], "the second format fits"),
        (loan(amount="0"), ["l1/due"], "the condition of the first is false"),
        (loan(live="false"), ["l1/due"], "a field that only a condition reads may be a flag"),
        (loan(live="null"), ["l1/due"], "unknown because nothing is there: no such event"),
        (loan(amount='"x"', live="false"), ["l1/due"], "false whatever the amount"),
        (loan(amount='"x"'), [], "unknown because of a bad text: refused, not dropped in silence"),
        (loan(total="null"), [], "one bad event refuses the whole line"),
        (loan(due="null"), [], "an instalment needs its due date"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value[:9] else "",
)
def test_a_line_gives_the_events_whose_condition_holds_or_none_at_all(
    tmp_path, given, events, because
):
    figures, tables = load(tmp_path, LOANS, given, TWO_EVENTS)

    assert tables["events"]["event_id"].to_list() == events, because
    assert (figures.loaded, figures.quarantined) == ((1, 0) if events else (0, 1))


FEE = """
  [[file.event]]
  event_id = { template = "{id}/fee" }
  user_id = "user"
  occurred_at = "at"
  event_type = { is = "fee" }
  amount_cents = { column = "amount", unit = "cents" }
"""


def test_a_line_gives_an_amount_in_one_unit():
    with pytest.raises(RefusedError) as refused:
        source(BEHAVIOUR + FEE)

    assert str(refused.value) == (
        "sources/shop.toml line 26: 'amount' is read with unit 'cents', and with 'main' by another "
        "template of the same lines. Correct one, or give both a when."
    )


def test_lines_of_different_kinds_may_have_different_units():
    both = BEHAVIOUR + "  when = \"kind = 'pay'\"\n" + FEE + "  when = \"kind = 'in'\"\n"

    assert len(source(both).files[0].templates) == 2


def test_a_condition_that_is_always_true_is_no_condition(tmp_path):
    mapping = BEHAVIOUR + '  when = "TRUE"\n'

    figures, _ = load(tmp_path, FIFTH, line() + "\n" + line(id='"e2"') + "\n", mapping)

    assert (figures.lines, figures.events) == (2, 2)


def test_a_condition_that_excludes_every_event_still_loads_the_line(tmp_path):
    mapping = BEHAVIOUR + '  when = "amount_cents > 100000"\n'

    figures, _ = load(tmp_path, FIFTH, line() + "\n", mapping)

    assert (figures.lines, figures.loaded, figures.events) == (1, 1, 0)


def test_a_part_that_a_text_of_several_fields_lacks_is_named(tmp_path):
    mapping = BEHAVIOUR.replace('"id"', '{ template = "{user}/{id}" }')
    content = line() + "\n" + line(id="") + "\n" + line(id="", user="")

    _, tables = load(tmp_path, FIFTH, content + "\n", mapping)

    assert tables["events"]["event_id"].to_list() == ["ana/e1"]
    assert tables["quarantine"].select("source_line", "column", "reason", "found").rows() == [
        (2, "id", "missing", None),
        (3, "user", "missing", None),
    ]
