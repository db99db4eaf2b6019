"""What a worker reports as its try ends: what its container used, in the log, as metrics and as a record."""
