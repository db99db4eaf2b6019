"""What does not do today what was meant, and what was meant."""
