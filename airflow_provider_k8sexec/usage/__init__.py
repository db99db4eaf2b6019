"""The end of a try: what its container used, in the log, as metrics and as a record, and why it failed."""
