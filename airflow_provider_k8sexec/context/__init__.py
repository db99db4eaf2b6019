"""What this process knows of the site: its executors, its switches, its pods."""
