"""Fit a scorecard and a challenger to months that the lake holds, and write their card.

Trigger it by hand and fill in the months observed, each with the twelve months of facts after it.
Nothing uses the model by itself: look at `card.html` in the folder that the task names, then
trigger `promote_score` with its name.

**If `train` fails**, the message says which months have no facts yet, or that there are too few
lines; choose other months and trigger it again. Nothing was written.
"""

from airflow.sdk import dag, task

from foreseen import foreseen
from month_param import months_param


@dag(
    schedule=None,
    catchup=False,
    is_paused_upon_creation=False,
    default_args={"retries": 0, "owner": "limitwise"},
    params={
        "train": months_param("Trained on", "2025-03:2025-05"),
        "out_of_time": months_param("Out of time", "2025-06"),
    },
    tags=["limitwise"],
    doc_md=__doc__,
)
def train_score():
    """Say what runs; the work is in `warehouse.scores.train`."""

    @task
    def train(params: dict) -> str:
        """Write the model's folder and return where it lies."""
        from warehouse.monthly.months_asked import months_from
        from warehouse.monthly.progress import LOG
        from warehouse.scores.train import train
        from warehouse.scores.train_text import train_text
        from warehouse.settings import settings_from_environment
        from warehouse.store.lake import open_lake

        with foreseen():
            settings = settings_from_environment()
            months = (months_from(params["train"]), months_from(params["out_of_time"]))
            card = train(open_lake(settings.lake), settings.policies, *months, settings.models)
            LOG.info("%s", train_text(card))
            return card["folder"]

    train()


train_score()
