"""The tab "Pod" of tasks and task instances, in the web interface of Airflow 3.1 and later.

``app`` answers requests. ``access`` requires the user's rights in Airflow; ``stored`` and ``cluster`` load
what is known of a task or a try, and ``pods`` chooses its pod; ``page`` and ``plot`` arrange that for people;
the templates write it down.
"""
