"""From an author's arguments to the task's ``executor_config``: what runs as a DAG file is loaded."""
