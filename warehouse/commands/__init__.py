"""What a person types, and Airflow as a process of its own."""
