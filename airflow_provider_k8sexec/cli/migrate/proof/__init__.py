"""That every task gets the same pod: the files are loaded as they are and as they would be."""
