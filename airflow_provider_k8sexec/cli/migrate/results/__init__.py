"""What comes of a run: diffs, new files, reports and the summary."""
