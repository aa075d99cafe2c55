"""The share of bad lines is that of a section; a file that alone is above it is named."""

import logging

import pytest

from tests.intake.lender import MAPPING
from transforms.errors import RefusedError

GOOD = tuple(f"g{n} ana 2025-03-05 1" for n in range(150))
HALF_BAD = ("e1 ana 2025-03-06 1", "e2 ana no-day 1")


def test_a_file_above_the_share_in_a_section_within_it_is_a_warning(lender, caplog):
    lender.put("a", *GOOD)
    lender.put("b", *HALF_BAD)

    with caplog.at_level(logging.INFO, "limitwise"):
        lender.extract("2025-03", checked=True)

    said = "files that alone have too many bad lines: sales/b.jsonl (1 of 2 lines, 50.00 %)"
    assert said in caplog.text
    assert lender.counts("b") == {"loaded": 1, "quarantined": 1}


def test_a_section_above_the_share_stops_the_run(lender):
    lender.put("a", *GOOD[:50])
    lender.put("b", *HALF_BAD)

    with pytest.raises(RefusedError, match=r"files sales: 1 of 52 lines are bad \(1.92 %"):
        lender.extract("2025-03")


def test_a_file_within_the_share_is_not_named(lender, caplog):
    lender.put("a", *GOOD, HALF_BAD[1])

    with caplog.at_level(logging.INFO, "limitwise"):
        lender.extract("2025-03")

    assert "bad lines:" not in caplog.text


def test_the_rows_that_a_run_tells_are_those_that_the_lake_has(lender, caplog):
    lender.map(MAPPING.format(on_conflict="quarantine").replace("allowed = 0", "allowed = 2"))
    lender.put("a", "e1 ana 2025-03-05 1", "e2 bo 2025-03-05 1", "e2 bo 2025-03-05 2")
    lender.put("b", "e1 ana 2025-03-05 1")

    with caplog.at_level(logging.INFO, "limitwise"):
        lender.extract("2025-03")

    (told,) = [text for text in caplog.messages if " events " in text]
    assert len(lender.sales("2025-03")) == 1
    assert " 1 rows " in told
    assert "4 lines, 2 bad, 1 duplicate" in told
