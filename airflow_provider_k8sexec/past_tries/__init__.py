"""What Airflow's database holds of past tries: what each used, and why its pod failed."""
