"""The site's policy for every task of every DAG, as Airflow loads it."""
