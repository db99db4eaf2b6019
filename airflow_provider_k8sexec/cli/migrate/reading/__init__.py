"""What DAG files make of pods, read from their sources without running them."""
