"""The steps of a month as Airflow runs them, and a person's part in them."""
