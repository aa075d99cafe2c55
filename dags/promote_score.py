"""Let a trained score decide from a month on, once a person has read its card and approved.

Trigger it with the model's folder name and the first month, which must not be decided yet. The task
`card` checks that the card is complete; `approve` waits with the card's figures under Required
Actions until somebody approves, with a reason, or rejects. `promote` records the approval in the
audit chain, and the monthly run of that month uses the score.

**If `card` fails**, the message names what the card lacks, or the models that there are. **If
`promote` fails**, the month was decided meanwhile: trigger it again with a later one. Nothing was
changed.
"""

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param, dag, task

from foreseen import foreseen
from month_param import first_month_param


@dag(
    schedule=None,
    catchup=False,
    is_paused_upon_creation=False,
    default_args={"retries": 0, "owner": "limitwise"},
    params={
        "model": Param("", type="string", pattern="^[0-9a-f]{16}$", title="Model"),
        "first": first_month_param(),
    },
    tags=["limitwise"],
    doc_md=__doc__,
)
def promote_score():
    """Say what runs; the work is in `warehouse.scores.promote`."""

    @task
    def card(params: dict) -> str:
        """Return what the person is to approve, as Markdown."""
        from warehouse.scores.promote import read_promotable
        from warehouse.scores.train_text import card_markdown
        from warehouse.settings import settings_from_environment

        with foreseen():
            _, found, _ = read_promotable(settings_from_environment().models, params["model"])
            return card_markdown(found)

    approve = ApprovalOperator(
        task_id="approve",
        subject="Let model {{ params.model }} decide from {{ params.first }} on?",
        body=card(),
        params={"reason": Param("", type="string", title="Reason")},
    )

    @task
    def promote(answer: dict, params: dict) -> str:
        """Record the approval; return one line that says so."""
        from warehouse.monthly.months_asked import month_from
        from warehouse.monthly.progress import LOG
        from warehouse.scores.promote import promote
        from warehouse.settings import settings_from_environment
        from warehouse.store.lake import open_lake

        with foreseen():
            settings = settings_from_environment()
            lake, first = open_lake(settings.lake), month_from(params["first"])
            by, reason = answer["responded_by_user"]["name"], answer["params_input"]["reason"]
            said = promote(lake, settings, params["model"], first, by, reason)
            LOG.info("%s", said)
            return said

    promote(approve.output)


promote_score()
