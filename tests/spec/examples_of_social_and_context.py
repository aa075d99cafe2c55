"""Social features and context by example; September 2026 is the month observed."""

from tests.spec.feature_examples import Example

TIES = """
    user_id | as_of   | social_interaction_count | external_score_points
    --------+---------+--------------------------+----------------------
    ana     | 2026-03 |                       50 |                   100
    ana     | 2026-04 |                        1 |                   600
    ana     | 2026-05 |                        0 |                   700
    ana     | 2026-07 |                        2 |                   640
    ana     | 2026-09 |                        3 |                     -
    ana     | 2026-10 |                       50 |                   100
    """
READ = {
    "external_score_points": 640,
    "external_score_change_6m": 40,  # 640 - 600
    "social_interaction_count_3m": 5,
    "social_interaction_months_6m": 3,
}
UNREAD = dict.fromkeys(READ)


def _instructions(rows: str) -> str:
    head = (
        "instruction_id | user_id | kind | dimension | recorded_at | effective_from | effective_to"
    )
    return f"{head}\n{rows}"


SOCIAL_AND_CONTEXT = (
    Example(
        rule="social data is read with consent",
        activity=TIES,
        instructions=_instructions(
            "1 | ana | consent_given | social | 2026-09-30T15:59 | 2026-09-30 | -"
        ),  # one minute to midnight in Shanghai
        then=READ,
    ),
    Example(rule="social data without consent is not read", activity=TIES, then=UNREAD),
    Example(
        rule="a consent recorded on the decision date comes too late",
        activity=TIES,
        instructions=_instructions(
            "1 | ana | consent_given | social | 2026-09-30T16:00 | 2026-09-01 | -"
        ),
        then=UNREAD,
    ),
    Example(
        rule="a consent that begins after the month's end is not yet one",
        activity=TIES,
        instructions=_instructions(
            "1 | ana | consent_given | social | 2026-09-01T00:00 | 2026-10-01 | -"
        ),
        then=UNREAD,
    ),
    Example(
        rule="a consent that has run out is none",
        activity=TIES,
        instructions=_instructions(
            "1 | ana | consent_given | social | 2026-01-01T00:00 | 2026-01-01 | 2026-09-29"
        ),
        then=UNREAD,
    ),
    Example(
        rule="the instruction recorded last decides, not the one written last",
        activity=TIES,
        instructions=_instructions(
            "2 | ana | consent_withdrawn | social | 2026-08-01T00:00 | 2026-08-01 | -\n"
            "1 | ana | consent_given     | social | 2026-01-01T00:00 | 2026-01-01 | -"
        ),
        then=UNREAD,
    ),
    Example(
        rule="consent to another dimension or of another user is no consent",
        activity=TIES,
        instructions=_instructions(
            "1 | ana | consent_given | spending | 2026-01-01T00:00 | 2026-01-01 | -\n"
            "2 | bo  | consent_given | social   | 2026-01-01T00:00 | 2026-01-01 | -"
        ),
        then=UNREAD,
    ),
    Example(
        rule="one score does not make a change",
        activity="""
            user_id | as_of   | external_score_points
            ana     | 2026-09 |                   640
            """,
        instructions=_instructions(
            "1 | ana | consent_given | social | 2026-01-01T00:00 | 2026-01-01 | -"
        ),
        then={
            "external_score_points": 640,
            "external_score_change_6m": None,
            "social_interaction_months_6m": 0,
        },
    ),
    Example(
        rule="evidence is the newest that is young enough",
        activity="""
            user_id | as_of   | income_evidence_cents | other_obligation_cents | bureau_score_points
            ana     | 2025-09 |               900_000 |                900_000 |                 900
            ana     | 2025-10 |               500_000 |                 70_000 |                 700
            ana     | 2026-06 |               400_000 |                      - |                 650
            ana     | 2026-07 |                     - |                      - |                 640
            ana     | 2026-10 |               900_000 |                900_000 |                 900
            """,
        then={
            "income_evidence_cents": 400_000,
            "other_obligation_cents": 70_000,
            "bureau_score_points": 640,
        },
    ),
    Example(
        rule="evidence that is too old is none",
        activity="""
            user_id | as_of   | income_evidence_cents | bureau_score_points
            ana     | 2025-09 |               900_000 |                 700
            ana     | 2026-06 |                     - |                 700
            """,
        then={
            "income_evidence_cents": None,
            "other_obligation_cents": None,
            "bureau_score_points": None,
        },
    ),
)
