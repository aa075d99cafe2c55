"""What takes away: cuts, freezes and closes, and what they never do."""

from datetime import date

from tests.deciding import decide, decided, terms


class TestLowering:
    def test_a_soft_trigger_lowers_only_when_seen_in_two_runs(self):
        found = decide(
            """
            user_id | dpd_max_days_3m | dpd_max_days_12m | soft_trigger_before
            ana     |              30 |               30 | no
            bo      |              30 |               30 | yes
            chen    |               0 |               30 | yes
            dai     |              30 |               30 | -
            """
        )

        assert found["action"].to_list() == ["hold", "lower", "hold", "hold"]
        assert found["soft_trigger"].to_list() == [True, True, False, True]
        assert "soft_trigger_twice" in found["reasons"][1]
        assert "soft_trigger_twice" in found["guards_not_evaluated"][3]

    def test_sixty_days_past_due_lowers_at_once_to_no_less_than_what_is_owed_and_5_per_cent(self):
        found = decided(
            """
            user_id | dpd_end_days | balance_end_cents
            ana     |           60 |           100_000
            bo      |           60 |           800_000
            chen    |           60 |           990_000
            dai     |           59 |           990_000
            """,
            "action",
            "limit_cents",
            "upper_bound_cents",
        )

        assert found == [
            ("lower", 500_000, 700_000),
            ("lower", 840_000, 840_000),
            ("hold", 1_000_000, 1_000_000),
            ("hold", 1_000_000, 1_000_000),
        ]

    def test_the_cap_on_raises_neither_deepens_a_cut_nor_is_its_reason(self):
        # Nobody is raised to more than 200,000. Half of 480,000 is where the ladder ends.
        found = decided(
            """
            user_id | limit_before_cents | dpd_end_days | dpd_max_days_3m | soft_trigger_before
            ana     |         48_000_000 |           60 |              60 | yes
            """,
            "limit_cents",
            "reasons",
        )

        assert found == [(24_000_000, ["past_due_60", "soft_trigger_twice"])]

    def test_the_customers_own_cap_is_met_exactly(self):
        found = decided(
            "user_id | self_cap_cents\nana | 925_000", "action", "limit_cents", "reasons"
        )

        assert found == [("lower", 925_000, ["self_cap"])]

    def test_an_open_review_suspends_cuts_for_risk_but_not_the_law(self):
        lines = """
            user_id | review_open | dpd_end_days | balance_end_cents
            ana     | yes         |           60 | 100_000
            bo      | no          |           60 | 100_000
            """

        assert [a for (a,) in decided(lines, "action")] == ["hold", "lower"]
        under_law = decided(lines, "limit_cents", of_terms=terms(borrower_cap_cents=600_000))
        assert under_law == [(600_000,), (500_000,)]

    def test_no_profit_ever_lowers_a_line(self):
        # At a PD of 50 % every cent of limit loses money; without a trigger in two runs it stays.
        found = decided("user_id | pd_ppm\nana | 500_000", "action", "limit_cents")

        assert found == [("hold", 1_000_000)]


class TestFreezing:
    TAKEOVER = "credential_leak_count_3m | new_device_count_1m | night_login_ratio_3m"

    def test_a_takeover_freezes_and_keeps_the_limit(self):
        found = decided(
            f"user_id | {self.TAKEOVER}\nana | 1 | 1 | 0.5",
            "line_status",
            "action",
            "limit_cents",
            "available_cents",
            "reasons",
            "next_review_on",
        )

        assert found == [
            ("frozen", "freeze", 1_000_000, 0, ["takeover_suspected"], date(2026, 10, 31))
        ]

    def test_a_freeze_is_renewed_with_evidence_and_ends_without(self):
        found = decided(
            f"""
            user_id | line_status_before | {self.TAKEOVER}
            ana     | frozen             | 1 | 1 | 0.5
            bo      | frozen             | 0 | 0 | 0.0
            """,
            "line_status",
            "action",
            "limit_cents",
            "available_cents",
            "reasons",
        )

        assert found == [
            ("frozen", "freeze", 1_000_000, 0, ["takeover_suspected"]),
            ("open", "unfreeze", 1_000_000, 600_000, ["FREEZE_ENDED"]),
        ]

    def test_ninety_days_past_due_freezes_and_what_was_cut_before_stays_cut(self):
        found = decided(
            """
            user_id | dpd_end_days | balance_end_cents
            ana     |           90 |           100_000
            bo      |           90 |           990_000
            """,
            "line_status",
            "action",
            "limit_cents",
            "reasons",
        )

        assert found == [
            ("frozen", "lower", 500_000, ["past_due_60", "past_due_90"]),
            ("frozen", "freeze", 1_000_000, ["past_due_90"]),
        ]

    def test_a_line_frozen_without_known_balance_stays_frozen(self):
        found = decided(
            """
            user_id | line_status_before | decidable | undecidable_because
            ana     | frozen             | no        | unknown_balance
            """,
            "line_status",
            "action",
            "available_cents",
        )

        assert found == [("frozen", None, None)]


class TestClosing:
    def test_written_off_and_closed_lines_end(self):
        found = decided(
            """
            user_id | charged_off | closed | line_status_before
            ana     | yes         | no     | open
            bo      | no          | yes    | open
            chen    | no          | yes    | closed
            """,
            "line_status",
            "action",
            "limit_cents",
            "available_cents",
            "reasons",
        )

        assert found == [
            ("closed", "close", 0, 0, ["charged_off"]),
            ("closed", "close", 0, 0, ["line_closed"]),
            ("closed", "hold", 0, 0, ["LINE_CLOSED"]),
        ]
