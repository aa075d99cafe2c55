"""Late events go to their month as long as it may be revised; a corrected file takes its place."""

import pytest

from tests.intake.lender import MAPPING
from tests.warehouse.lakes import commit, stage_limits
from transforms.months import month_of
from warehouse.answers.status import status, status_text
from warehouse.intake.landing_figures import landing_figures
from warehouse.settings import settings_from_environment

MARCH, APRIL = "2025-03", "2025-04"
SALE, MORE = "e1 ana 2025-03-05 100", "e2 bo 2025-03-06 200"


def newer_facts(lender, month):
    return {m["month"]: m["newer_facts"] for m in status(lender.lake)["months"]}[month]


@pytest.fixture
def decided(lender):
    """March is extracted and decided; its limits rest on it."""
    lender.put("a", SALE)
    lender.extract(MARCH)
    facts = lender.chain.newest
    commit(lender.lake, stage_limits(lender.lake, month_of(MARCH), 100, reads=[facts]))
    return lender


class TestLateEvents:
    def test_go_to_their_own_month_and_the_limits_decided_on_it_stand(self, decided):
        limits = decided.chain.files("limits", month_of(MARCH))
        decided.put("b", MORE)

        decided.extract(APRIL)

        assert decided.sales(MARCH) == [("e1", "ana", 100), ("e2", "bo", 200)]
        assert decided.sales(APRIL) == []
        assert decided.chain.files("limits", month_of(MARCH)) == limits
        assert newer_facts(decided, MARCH) == [MARCH]
        assert "2025-03: facts newer than decision: 2025-03." in status_text(status(decided.lake))

    def test_that_come_after_their_month_was_published_are_counted_as_late(self, decided):
        decided.put("b", MORE, "e3 bo 2025-04-06 300")

        decided.extract(APRIL)

        late = {m["month"]: m["late_events"] for m in status(decided.lake)["months"]}
        assert (decided.record("b")["late_events"], late) == (1, {MARCH: 0, APRIL: 1})

    def test_are_not_late_if_they_had_come_before_or_are_overruled(self, decided):
        decided.map(MAPPING.format(on_conflict="first"))
        decided.put("b", SALE, "e4 bo 2025-03-31 400", SALE.replace("100", "999"))

        decided.extract(APRIL)

        late = [decided.record(name)["late_events"] for name in "ab"]
        figures = decided.chain.entries[-1].figures["intake"]
        assert (late, figures["late"]) == ([0, 1], 1)

    def test_change_the_credit_facts_of_every_month_after_theirs(self, decided):
        decided.extract(APRIL)
        before = decided.chain.head("facts", month_of(APRIL)).number
        decided.put("b", MORE)

        decided.extract(APRIL)

        entry = decided.chain.entries[-1]
        assert entry.months == (month_of(MARCH), month_of(APRIL))
        assert before in entry.supersedes

    def test_older_than_may_be_revised_are_booked_in_the_current_month_and_counted(self, decided):
        for month in (APRIL, "2025-05", "2025-06"):
            decided.extract(month)
        stood = decided.files(MARCH)
        decided.put("b", MORE, "e3 bo 2025-04-06 300")

        decided.extract("2025-07")

        assert decided.files(MARCH) == stood
        assert decided.sales("2025-07") == [("e2", "bo", 200)]
        assert decided.sales(APRIL) == [("e3", "bo", 300)]
        late = decided.record("b")
        assert (late["late_events"], late["booked_events"]) == (2, 1)
        assert newer_facts(decided, MARCH) == []


class TestACorrectedFile:
    def test_is_noticed_by_its_digest_and_takes_the_place_of_the_old_one(self, lender):
        lender.put("a", SALE, MORE)
        lender.extract(MARCH)
        lender.put("a", "e1 ana 2025-03-05 150")

        assert lender.extract(MARCH) == "published"

        assert lender.sales(MARCH) == [("e1", "ana", 150)]
        assert lender.counts("a") == {"loaded": 1}
        assert lender.record("a")["late_events"] == 0

    def test_leaves_the_bytes_of_months_that_it_does_not_touch(self, lender):
        lender.put("a", SALE)
        lender.put("b", "e3 bo 2025-04-06 300")
        lender.extract(APRIL)
        march, april = lender.files(MARCH), lender.files(APRIL)
        lender.put("b", "e3 bo 2025-04-06 301")

        lender.extract(APRIL)

        assert lender.files(MARCH) == march
        assert lender.files(APRIL) != april

    def test_moves_an_event_out_of_the_month_that_it_was_in(self, lender):
        lender.put("a", "e1 ana 2025-03-31 100")
        lender.extract(APRIL)
        lender.put("a", "e1 ana 2025-04-01 100")

        lender.extract(APRIL)

        assert (lender.sales(MARCH), lender.sales(APRIL)) == ([], [("e1", "ana", 100)])

    def test_gives_back_to_others_what_it_had_in_common_with_them(self, lender):
        lender.put("a", SALE)
        lender.extract(MARCH)
        lender.put("b", SALE, MORE)
        lender.extract(MARCH)
        assert lender.counts("b") == {"loaded": 1, "duplicate": 1}
        lender.put("a", "e9 dai 2025-03-09 900")

        lender.extract(MARCH)

        assert [id_ for id_, *_ in lender.sales(MARCH)] == ["e1", "e2", "e9"]
        assert lender.counts("b") == {"loaded": 2}

    def test_settles_a_contradiction_with_another_file(self, lender):
        many = [f"x{n} bo 2025-03-06 1" for n in range(300)]
        lender.put("a", SALE, *many)
        lender.extract(MARCH)
        lender.put("b", "e1 ana 2025-03-05 999")
        lender.put("c", *(f"y{n} bo 2025-03-06 1" for n in range(300)))
        lender.extract(MARCH)
        assert len(lender.refused(MARCH)) == 2
        lender.put("a", *many)

        lender.extract(MARCH)

        assert lender.refused(MARCH) == []
        assert ("e1", "ana", 999) in lender.sales(MARCH)

    def test_is_superseded_whole_however_old_it_is(self, decided):
        for month in (APRIL, "2025-05", "2025-06"):
            decided.extract(month)
        decided.put("a", "e1 ana 2025-03-05 90", MORE)

        decided.extract("2025-07")

        assert decided.sales(MARCH) == [("e1", "ana", 90), ("e2", "bo", 200)]
        assert decided.sales("2025-07") == []
        assert decided.counts("a") == {"loaded": 2}
        assert newer_facts(decided, MARCH) != []


class TestACorrectedMapping:
    def test_supersedes_the_whole_earlier_extraction(self, lender):
        lender.put("a", SALE)
        lender.put("b", "e3 bo 2025-04-06 300")
        lender.extract(APRIL)
        lender.map(MAPPING.format(on_conflict="quarantine").replace('"cents"', '"main"'))

        lender.extract(APRIL)

        assert lender.sales(MARCH) == [("e1", "ana", 10_000)]
        assert lender.sales(APRIL) == [("e3", "bo", 30_000)]

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: f"# a word\n{text}",
            lambda text: text.replace("bad_lines_allowed = 0", "bad_lines_allowed = 7"),
            lambda text: f'{text}\n[[expect]]\nwhat = "month_end"\n',
        ],
        ids=["a comment", "more bad lines allowed", "an expectation"],
    )
    def test_that_reads_every_row_as_before_changes_nothing(self, lender, change):
        lender.put("a", SALE)
        lender.extract(MARCH)
        lender.map(change(MAPPING.format(on_conflict="quarantine")))

        assert lender.extract(MARCH) == "nothing_changed"


class TestAFileTakenAway:
    def test_keeps_its_facts(self, lender):
        lender.put("a", SALE)
        lender.put("b", MORE)
        lender.extract(MARCH)
        lender.remove("b")

        assert lender.extract(MARCH) == "nothing_changed"
        lender.extract(APRIL)

        assert lender.sales(MARCH) == [("e1", "ana", 100), ("e2", "bo", 200)]
        assert lender.counts("b") == {"loaded": 1}

    def test_takes_its_facts_back_only_as_an_empty_file_of_its_name(self, lender):
        lender.put("a", SALE)
        lender.put("b", MORE)
        lender.extract(MARCH)
        lender.put("b")

        lender.extract(MARCH)

        assert lender.sales(MARCH) == [("e1", "ana", 100)]

    def test_is_told_by_the_status(self, lender):
        lender.put("a", SALE)
        lender.put("b", MORE)
        lender.extract(MARCH)
        lender.remove("b")
        lender.put("c", SALE)

        figures = landing_figures(lender.lake, settings_from_environment())

        assert figures == {"files read": 1, "files not read yet": 1, "files read and gone since": 1}
        told = status_text(status(lender.lake, figures))
        assert "Landing: 1 files read, 1 files not read yet, 1 files read and gone since." in told

    def test_with_the_whole_folder_leaves_the_status_without_figures(self, lender):
        assert landing_figures(lender.lake, settings_from_environment()) is None
