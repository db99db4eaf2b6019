"""From the edits of a file to its new source, with its comments and in its style."""
