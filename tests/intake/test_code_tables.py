"""Looking something up in another file of the landing folder."""

import pytest

from tests.intake.landing_folder import HEAD, load, put, source
from transforms.errors import RefusedError
from warehouse.intake.code_tables import with_code_tables
from warehouse.intake.sources import landing_files

LOANS = """
[[file]]
name = "loans"
path = "loans.csv"
format = "csv"
delimiter = ";"
every = "once"
"""
PURCHASES = """
[[file]]
name = "purchases"
path = "purchases.jsonl"
format = "jsonl"
every = "once"

  [[file.event]]
  event_id = "id"
  user_id = { column = "loan", codes = { file = "loans", key = "loan", value = "user" } }
  occurred_at = { is = 2026-10-05T12:00:00+08:00 }
  event_type = { is = "purchase" }
  amount_cents = { column = "loan", unit = "main", codes = { file = "loans", key = "loan", \
value = "part" } }
"""
LINKED = HEAD + LOANS + PURCHASES


def purchase(number, loan):
    return f'{{"id":"p{number}","loan":{loan}}}\n'


def linked(landing, loans, purchases, mapping=LINKED):
    put(landing, "loans.csv", loans)
    return load(landing, "purchases.jsonl", purchases, mapping)


def test_a_purchase_finds_its_user_and_its_amount_through_its_loan(tmp_path):
    loans = "loan;user;part;secret\n7;ana;12.50;x\n8;bo;3;y\n"

    _, tables = linked(tmp_path, loans, purchase(1, 8) + purchase(2, '"7"'))

    assert tables["events"].select("event_id", "user_id", "amount_cents").rows() == [
        ("p1", "bo", 300),
        ("p2", "ana", 1250),
    ]


def test_spaces_around_a_key_or_what_stands_beside_it_are_padding(tmp_path):
    _, tables = linked(tmp_path, " loan;user ;part\n 7 ;ana  ; 12.50\n", purchase(1, '"7 "'))

    assert tables["events"].select("user_id", "amount_cents").rows() == [("ana", 1250)]


@pytest.mark.parametrize(
    ("loan", "reason", "because"),
    [
        ("9", ("loan", "unknown_code", "9"), "the table has no such loan"),
        ("8", ("loan", "not_a_number", "8"), "what stands beside it is no amount"),
        ("6", ("loan", "unknown_code", "6"), "nothing stands beside it, and an amount is needed"),
        ("null", ("loan", "missing", None), "there is nothing to look up"),
    ],
)
def test_a_line_whose_look_up_fails_is_refused_with_the_key(tmp_path, loan, reason, because):
    loans = "loan;user;part\n8;bo;three\n6;chen;\n"

    figures, tables = linked(tmp_path, loans, purchase(1, loan))

    assert tables["quarantine"].select("column", "reason", "found").rows() == [reason], because
    assert (figures.lines, figures.loaded) == (1, 0)


def test_a_file_that_only_gives_codes_is_accounted_for_like_any_other(tmp_path):
    put(tmp_path, "purchases.jsonl", "")
    figures, _ = load(tmp_path, "loans.csv", "loan;user;part;secret\n7;ana;1;x\n\n8\n", LINKED)

    assert (figures.lines, figures.loaded, figures.quarantined, figures.blank) == (3, 1, 1, 1)
    assert figures.dropped_fields == ["secret"]


def test_a_key_with_two_values_refuses_the_lines_that_are_looked_up_by_it(tmp_path):
    loans = "loan;user;part\n7;ana;1\n7;bo;1\n8;chen;2\n8;chen;2\n9;dai;3\n9;bo;3\n"

    figures, tables = linked(tmp_path, loans, purchase(1, 7) + purchase(2, 8))

    assert tables["events"].select("event_id", "user_id").rows() == [("p2", "chen")]
    assert tables["quarantine"].select("source_line", "column", "reason", "found").rows() == [
        (1, "loan", "conflicting_code", "7")
    ]
    assert (figures.lines, figures.loaded, figures.quarantined) == (2, 1, 1)


def test_a_line_that_leaves_the_value_empty_says_nothing_of_its_key(tmp_path):
    loans = "loan;user;part\n7;;1\n7;ana;1\n7;;1\n8;;2\n8;;2\n"

    _, tables = linked(tmp_path, loans, purchase(1, 7) + purchase(2, 8))

    assert tables["events"].select("event_id", "user_id").rows() == [("p1", "ana")]
    assert tables["quarantine"].select("source_line", "reason").rows() == [(2, "unknown_code")]


def test_a_key_with_two_values_of_one_field_is_still_found_by_another(tmp_path):
    mapping = LINKED.replace('value = "user"', 'value = "payer"')
    loans = "loan;user;part;payer\n7;ana;1;ana\n7;bo;1;ana\n"

    _, tables = linked(tmp_path, loans, purchase(1, 7), mapping)

    assert tables["events"]["user_id"].to_list() == ["ana"]


def test_a_condition_on_what_a_key_with_two_values_finds_does_not_drop_the_line(tmp_path):
    mapping = LINKED + "  when = \"user_id = 'ana'\"\n"

    _, tables = linked(tmp_path, "loan;user;part\n7;ana;1\n7;bo;1\n", purchase(1, 7), mapping)

    assert tables["quarantine"]["reason"].to_list() == ["conflicting_code"]


def test_a_table_whose_file_is_missing_is_named(tmp_path):
    with pytest.raises(RefusedError, match="no landing file of 'loans' is there"):
        load(tmp_path, "purchases.jsonl", purchase(1, 7), LINKED)


def digests(landing):
    files = with_code_tables(landing_files(source(LINKED), landing), landing)
    return {file.path: file.mapping_digest for file in files}


def test_a_changed_table_supersedes_what_was_read_by_it_and_nothing_else(tmp_path):
    put(tmp_path, "purchases.jsonl", purchase(1, 7))
    put(tmp_path, "loans.csv", "loan;user;part;other\n7;ana;1;x\n8;bo;2;x\n")
    before = digests(tmp_path)

    put(tmp_path, "loans.csv", "loan;user;part;other\n8;bo;2;y\n7;ana;1;y\n")
    in_another_order = digests(tmp_path)
    put(tmp_path, "loans.csv", "loan;user;part;other\n7;ana;1;x\n8;chen;2;x\n")
    changed = digests(tmp_path)

    put(tmp_path, "loans.csv", "loan;user;part\n7;ana;1\n8;bo;2\n8;chen;2\n")
    contradicting = digests(tmp_path)

    assert in_another_order == before
    assert contradicting["purchases.jsonl"] not in {
        of["purchases.jsonl"] for of in (before, changed)
    }
    assert changed["purchases.jsonl"] != before["purchases.jsonl"]
    assert changed["loans.csv"] == before["loans.csv"]


def test_a_hundred_thousand_keys_are_looked_up_exactly(tmp_path):
    loans = "loan;user;part\n" + "".join(f"{n};u{n};1\n" for n in range(100_000))

    _, tables = linked(tmp_path, loans, "".join(purchase(n, n) for n in (0, 99_999, 5)))

    assert tables["events"]["user_id"].to_list() == ["u0", "u99999", "u5"]


def test_a_file_that_gives_nothing_and_in_which_nothing_is_looked_up_is_an_error():
    with pytest.raises(RefusedError, match="file 'loans' gives nothing"):
        source(HEAD + LOANS)
