"""The tab "Pod" of tasks and task instances, in the web interface of Airflow 3.1 and later.

``app`` answers requests. ``access`` asks Airflow who may read; ``stored`` and ``cluster`` load what is known
of a task or a try, and ``pods`` its pod; ``page`` arranges that for people, with ``sources`` and
``plot``; the templates write it down.
"""
