"""The pod as the executor merges it, for the commands and the Pod tab."""
