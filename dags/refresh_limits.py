"""Recompute every user's limit from the facts of a month, and publish it with its reasons.

It starts by itself when `extract_behaviour_logs` has published a month's facts. To refresh a month
by hand, trigger the run and fill in **month**. A month needs the one before it: if that is not
published yet the run waits, so months may be released in any order.

**If `month` keeps retrying**, the month before is not published: look at its run first.

**If any task from `begin` (terms), `features`, `decisions`, `limits` to the validations fails**,
nothing was published and last month's limits stay in force. The message names file, line and
column, or lists every broken promise. Correct what it names, then clear the run from `month` on. If
it cannot be corrected in time, `limitwise run MONTH --hold --reason TEXT` publishes the month with
every limit unchanged.

**If `publish` fails with "needs approval"**, more limits move than the policy tolerates. Look at
the figures, then `limitwise approve MONTH --by NAME --reason TEXT`.
"""

from datetime import timedelta

from airflow.sdk import Param, PartitionedAssetTimetable, dag, task

from foreseen import foreseen
from month_param import FACTS, LIMITS, month_param


@dag(
    schedule=PartitionedAssetTimetable(assets=FACTS),
    catchup=False,
    max_active_runs=36,  # a month that waits for an earlier one must not keep it from running
    is_paused_upon_creation=False,
    # After Airflow's `default_task_retry_delay`, 5 minutes unless configured.
    default_args={"retries": 2, "owner": "limitwise"},
    params={
        "month": month_param(),
        "cascade": Param(
            False,
            type="boolean",
            title="Cascade",
            description="Revise a month that others follow; run those after it next, in order.",
        ),
    },
    tags=["limitwise", "monthly"],
    doc_md=__doc__,
)
def refresh_limits():
    """Say what runs when; the work is in `warehouse.monthly.refresh`."""

    @task(retries=60, retry_delay=timedelta(minutes=1))
    def month(params: dict, dag_run) -> str:
        """Return the month to refresh once its facts and the month before are published."""
        from warehouse.monthly.months_asked import month_asked
        from warehouse.monthly.refresh import require_ready

        with foreseen():
            asked = month_asked(params, dag_run.conf, dag_run.partition_key)
            require_ready(asked)
            return asked

    @task
    def begin(month: str, params: dict) -> list[dict]:
        """Settle what the month is computed from; share it between tasks."""
        from warehouse.monthly.parts import parts_of
        from warehouse.monthly.refresh import begin_refresh

        with foreseen():
            return parts_of(begin_refresh(month, params["cascade"]))

    @task
    def features(part: dict) -> str:
        """Compute the features of a range of users."""
        from warehouse.monthly.refresh import stage_features

        with foreseen():
            return stage_features(part)

    @task
    def validate_features(folders: list[str]) -> list[dict]:
        """Hold the features against what was promised; share the decisions between tasks."""
        from warehouse.monthly.parts import folder_of, parts_of
        from warehouse.monthly.refresh import validate_features

        with foreseen():
            return parts_of(validate_features(folder_of(folders)))

    @task
    def decisions(part: dict) -> str:
        """Score and decide a range of users."""
        from warehouse.monthly.refresh import stage_decisions

        with foreseen():
            return stage_decisions(part)

    @task
    def limits(folders: list[str]) -> str:
        """Write the limits of all users, and warnings."""
        from warehouse.monthly.parts import folder_of
        from warehouse.monthly.refresh import stage_limits

        with foreseen():
            return stage_limits(folder_of(folders))

    @task
    def validate_decisions(folder: str) -> str:
        """Hold the decisions against last month and what was promised."""
        from warehouse.monthly.refresh import validate_decisions

        with foreseen():
            return validate_decisions(folder)

    @task(outlets=[LIMITS])
    def publish(folder: str, month: str, *, outlet_events, dag_run) -> str:
        """Commit the month and switch the published tables to it."""
        from warehouse.monthly.refresh import publish_limits

        with foreseen():
            outcome = publish_limits(folder, month, dag_run.run_id)
        outlet_events[LIMITS].add_partitions(month)
        return outcome

    this_month = month()
    parts = validate_features(features.expand(part=begin(this_month)))
    publish(validate_decisions(limits(decisions.expand(part=parts))), this_month)


refresh_limits()
