"""Turn a month's landing files into facts: events, activity, ledger, credit months.

On the 3rd of each month at 02:00 the month that just ended is extracted. To extract another one,
trigger the run by hand and fill in **month**; to extract several, use Airflow's backfill. A run
takes every landing file that is not accounted for yet, so running a month again is harmless: it
ends with "nothing changed".

**If `events` fails**, a landing file is missing, cannot be read, or has too many bad lines. The
message names file, line and column. Correct the file or the mapping in `sources/`, then clear the
task. If a source asks a database, its connection may be missing or refused, or its columns may not
be those declared; the message says which. A connection that is lost is tried again by itself.

**If `validate_events` or `validate_facts` fails**, what was read contradicts what the tables
promise; the message lists every broken promise, and the task's link leads to the Data Docs.
Nothing was published. Correct the source, then clear the run from `events` on.

**If `publish` fails**, another run was faster or the disk refused. Clear the run from `month` on;
what is already published is recognised. After a power cut, run `limitwise repair` first.
"""

from airflow.sdk import CronPartitionTimetable, dag, task

from foreseen import foreseen
from month_param import FACTS, month_param


@dag(
    schedule=CronPartitionTimetable(
        "0 2 3 * *", timezone="Asia/Shanghai", run_offset=-1, key_format="%Y-%m"
    ),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    # After Airflow's `default_task_retry_delay`, 5 minutes unless configured.
    default_args={"retries": 2, "owner": "limitwise"},
    params={"month": month_param()},
    tags=["limitwise", "monthly"],
    doc_md=__doc__,
)
def extract_behaviour_logs():
    """Say what runs when; the work is in `warehouse.monthly.extract`."""

    @task(retries=0)
    def month(params: dict, dag_run) -> str:
        """Return the month to extract, or refuse the run."""
        from warehouse.monthly.months_asked import month_asked

        with foreseen():
            return month_asked(params, dag_run.conf, dag_run.partition_key)

    @task
    def events(month: str) -> str:
        """Pull from databases, read what landed; return the staging folder."""
        from database_connections import connection_uris

        from warehouse.monthly.extract import stage_events

        with foreseen():
            return stage_events(month, connection_uris())

    @task
    def validate_events(folder: str) -> list[dict]:
        """Hold what was read against what was promised; share it between tasks."""
        from warehouse.monthly.extract import validate_events
        from warehouse.monthly.parts import parts_of

        with foreseen():
            return parts_of(validate_events(folder))

    @task
    def facts(part: dict) -> str:
        """Count activity and fold the ledger of a range of users."""
        from warehouse.monthly.extract import stage_facts

        with foreseen():
            return stage_facts(part)

    @task
    def gather(folders: list[str]) -> str:
        """Gather what is known only across users."""
        from warehouse.monthly.extract import gather_facts
        from warehouse.monthly.parts import folder_of

        with foreseen():
            return gather_facts(folder_of(folders))

    @task
    def validate_facts(folder: str) -> str:
        """Hold the facts against what was promised."""
        from warehouse.monthly.extract import validate_facts

        with foreseen():
            return validate_facts(folder)

    @task(outlets=[FACTS])
    def publish(folder: str, month: str, *, outlet_events, dag_run) -> str:
        """Commit the facts and tell whoever waits for the month."""
        from warehouse.monthly.extract import publish_facts
        from warehouse.settings import refresh_follows

        with foreseen():
            outcome = publish_facts(folder, dag_run.run_id)
        if not refresh_follows():
            outlet_events[FACTS].add_partitions(month)
        return outcome

    this_month = month()
    parts = validate_events(events(this_month))
    publish(validate_facts(gather(facts.expand(part=parts))), this_month)


extract_behaviour_logs()
