"""From an author's arguments to the pods of a task: its ``executor_config``, and the pod that it starts."""
