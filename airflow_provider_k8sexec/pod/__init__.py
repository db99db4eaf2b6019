"""The pod that a task requests, as a manifest and as the executor gets it."""
