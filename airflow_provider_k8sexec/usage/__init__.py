"""What tasks used: the record of a try, its report in the worker, and the history of a task."""
