"""What old Airflow had and today's has not."""
